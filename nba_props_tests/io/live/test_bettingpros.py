"""BettingPros: pages of offers become quotes with the event's teams, and a broken page never becomes a wrong row."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_props.domain.odds import BOOK_RANKING
from nba_props.io.sources.live.bettingpros import SOURCE
from nba_props.io.sources.live.bettingpros.books import BOOK_KEYS
from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Sheet, Source
from nba_props_tests.io.live.mutations import assert_refuses_broken_bodies, assert_survives
from nba_props_tests.io.live.payload_kit import landed, rows_of

DAY = date(2024, 3, 14)
TIP = datetime(2024, 3, 15, 0, 10, tzinfo=UTC)
ASKED = datetime(2024, 3, 14, 21, 0, tzinfo=UTC)
LABEL = "9001.BOS.PHX.20240315T001000Z.p1"
FEEDS = {feed.name: feed for feed in SOURCE.feeds}


def payload(feed: str, document: Any, fetched_at: datetime = ASKED, label: str = LABEL) -> Payload:
    return landed(Source.BETTINGPROS, feed, DAY, document, label=label, fetched_at=fetched_at)


def parsed(document: Any, **facts: Any) -> Parsed:
    return FEEDS["offers"].parse(payload("offers", document, **facts))


def event(**facts: Any) -> dict[str, Any]:
    return {"id": 9001, "sport": "NBA", "home": "BOS", "visitor": "PHO", "scheduled": "2024-03-15 00:10:00"} | facts


def line(points: float, cost: float | None, **facts: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "line": points,
        "cost": cost,
        "best": False,
        "main": True,
        "active": True,
        "is_off": False,
        "updated": "2024-03-14 20:30:00",
    } | facts


def selection(side: str, **lines: list[dict[str, Any]]) -> dict[str, Any]:
    """One side; books are keyed `b10` for book 10."""
    books = [{"id": int(book[1:]), "lines": offered} for book, offered in lines.items()]
    return {"id": 5, "label": side.title(), "selection": side, "books": books}


def offer(first: str, last: str, *selections: dict[str, Any], **facts: Any) -> dict[str, Any]:
    player = {"first_name": first, "last_name": last, "team": "LAL", "position": "G"}
    who = {"id": "77", "name": f"{first} {last}", "player": player}
    sent = {"id": 3, "sport": "NBA", "market_id": 156, "event_id": 9001, "participants": [who]}
    return sent | {"selections": list(selections)} | facts


def page(*offers: dict[str, Any], number: int = 1, of: int = 1) -> dict[str, Any]:
    return {
        "offers": list(offers),
        "_pagination": {"page": number, "total_pages": of, "total_items": len(offers), "limit": 10},
    }


def rows(answer: Parsed) -> list[dict[str, Any]]:
    return [dict(row) for row in rows_of(answer, Sheet.QUOTES)]


def reasons(answer: Parsed) -> list[str]:
    return [one.reason for one in answer.refused]


# -- what is asked ------------------------------------------------------------------------------------------------------
def test_books_are_asked_for_with_a_slate_to_come_and_not_with_an_old_one() -> None:
    assert [request.path for request in SOURCE.of_day(DAY, ASKED)] == ["/books", "/events"]
    (events,) = SOURCE.of_day(DAY, ASKED + timedelta(days=30))
    assert (events.path, events.params) == ("/events", {"sport": "NBA", "date": "2024-03-14"})
    assert events.settles_at == datetime(2024, 3, 15, 16, tzinfo=UTC)


def test_a_season_is_the_events_of_its_dates() -> None:
    days = [request.day for request in SOURCE.of_season("2023-24", datetime(2025, 1, 1, tzinfo=UTC))]
    assert (days[0], days[-1]) == (date(2023, 10, 1), date(2024, 6, 30))


def test_each_event_of_the_slate_leads_to_its_first_page_and_each_page_to_the_next() -> None:
    listed = {"events": [event(), event(id=9002, scheduled="2024-03-15 23:00:00"), event(id=9003, home="Stars")]}
    (first,) = FEEDS["events"].follow(payload("events", listed))
    assert (first.label, first.path) == (LABEL, "/offers")
    assert first.params == {"sport": "NBA", "market_id": "156", "event_id": "9001", "limit": "10", "page": "1"}
    (second,) = FEEDS["offers"].follow(payload("offers", page(number=1, of=2)))
    assert (second.label, second.params["page"]) == (LABEL.replace("p1", "p2"), "2")
    assert not list(FEEDS["offers"].follow(payload("offers", page(number=2, of=2), label=second.label)))


def test_a_listed_event_that_is_no_nba_game_is_refused() -> None:
    answer = FEEDS["events"].parse(payload("events", {"events": [event(home="Stars")]}))
    assert reasons(answer) == ["not_an_nba_game"]
    assert FEEDS["events"].parse(payload("events", {"events": []})).is_empty_slate


# -- books --------------------------------------------------------------------------------------------------------------
def test_every_book_we_name_is_ranked() -> None:
    assert set(BOOK_KEYS.values()) <= {book.key for book in BOOK_RANKING}


def test_a_number_that_stands_for_another_book_is_refused() -> None:
    sent = [
        {"id": 10, "name": "FanDuel"},
        {"id": 13, "name": "Caesars Sportsbook"},
        {"id": 12, "name": "Golden Nugget"},
    ]
    answer = FEEDS["books"].parse(payload("books", {"books": [*sent, {"id": 999, "name": "New Book"}]}))
    assert reasons(answer) == ["book_disagrees_with_id"]
    assert answer.refused[0].row == {"id": 12, "name": "Golden Nugget"}


# -- quotes -------------------------------------------------------------------------------------------------------------
def test_teams_and_tip_are_the_events_never_the_players_present_team() -> None:
    sent = offer("Ana", "Lind", selection("over", b10=[line(20.5, -115)]), selection("under", b10=[line(20.5, -105)]))
    assert rows(parsed(page(sent))) == [
        {
            "game_date": DAY,
            "season": "2023-24",
            "snapshot_utc": ASKED,
            "tip_utc": TIP,
            "pre_tip": True,
            "event_id": "9001",
            "home_abbr": "BOS",
            "away_abbr": "PHX",
            "player_name": "Ana Lind",
            "bookmaker": "fanduel",
            "line_type": None,
            "is_main": True,
            "line": 20.5,
            "over_price": -115,
            "under_price": -105,
        }
    ]


def test_consensus_and_lines_off_the_board_are_left_out_and_unknown_books_keep_their_number() -> None:
    over = selection(
        "over",
        b0=[line(20.5, -112)],
        b12=[
            line(20.5, -110),
            line(21.5, 100, is_off=True),
            line(22.5, 120, active=False),
            line(24.5, 180, main=False),
        ],
        b999=[line(20.5, -118)],
    )
    answer = parsed(page(offer("Ana", "Lind", over)))
    assert [(row["bookmaker"], row["line"], row["is_main"], row["under_price"]) for row in rows(answer)] == [
        ("draftkings", 20.5, True, None),
        ("draftkings", 24.5, False, None),
        ("bettingpros_999", 20.5, True, None),
    ]
    assert not answer.refused


def test_sides_that_disagree_on_being_main_leave_it_unknown() -> None:
    sent = offer(
        "Ana", "Lind", selection("over", b10=[line(20.5, -115)]), selection("under", b10=[line(20.5, -105, main=False)])
    )
    assert [row["is_main"] for row in rows(parsed(page(sent)))] == [None]


@pytest.mark.parametrize(
    ("updated", "seen_at", "pre_tip"),
    [
        ("2024-03-14 23:59:00", datetime(2024, 3, 14, 23, 59, tzinfo=UTC), True),
        ("2024-03-15 01:00:00", datetime(2024, 3, 15, 1, tzinfo=UTC), False),
        (None, TIP + timedelta(days=2), False),
    ],
)
def test_a_line_asked_for_after_tip_is_as_old_as_its_own_update(
    updated: str | None, seen_at: datetime, pre_tip: bool
) -> None:
    sent = page(offer("Ana", "Lind", selection("over", b10=[line(20.5, -115, updated=updated)])))
    (row,) = rows(parsed(sent, fetched_at=TIP + timedelta(days=2)))
    assert (row["snapshot_utc"], row["pre_tip"]) == (seen_at, pre_tip)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"cost": 1.9}, "price_not_american"),
        ({"line": None}, "line_missing"),
        ({"updated": "2024-03-14 21:00:01"}, "updated_after_fetch"),
        ({"updated": "soon"}, "updated_unreadable"),
    ],
)
def test_a_bad_line_is_refused_alone(fault: dict[str, Any], reason: str) -> None:
    answer = parsed(page(offer("Ana", "Lind", selection("over", b10=[line(20.5, -115), line(22.5, 110) | fault]))))
    assert [row["line"] for row in rows(answer)] == [20.5]
    assert reasons(answer) == [reason]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [({"market_id": 157}, "market_not_asked_for"), ({"event_id": 9002}, "event_not_asked_for")],
)
def test_an_offer_that_was_not_asked_for_is_refused(fault: dict[str, Any], reason: str) -> None:
    assert reasons(parsed(page(offer("Ana", "Lind", **fault)))) == [reason]


def test_a_page_whose_label_does_not_say_its_game_is_rejected() -> None:
    for label in ("", "9001", "9001.BOS.PHX.20240399T001000Z.p1"):
        with pytest.raises(PayloadRejected, match="label"):
            parsed(page(), label=label)


# -- broken answers -----------------------------------------------------------------------------------------------------
SOUND = page(
    offer("Ana", "Lind", selection("over", b10=[line(20.5, -115)]), selection("under", b10=[line(20.5, -105)])),
    offer(
        "Bo",
        "Ek",
        selection("over", b12=[line(9.5, 110)], b19=[line(10.5, 120)]),
        selection("under", b12=[line(9.5, -140)]),
    ),
    offer("Cy", "Orr", selection("over", b36=[line(14.5, -120)])),
)


def test_one_fault_anywhere_rejects_the_page_or_touches_only_the_rows_it_is_in() -> None:
    last_name = lambda row: row["player_name"].split()[-1]  # noqa: E731
    assert_survives(parsed, SOUND, last_name, rows_in=("offers",), count=1_500, sides=2)
    assert_refuses_broken_bodies(parsed, SOUND, count=100)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_answer_are_rejected(body: bytes) -> None:
    for feed in FEEDS.values():
        with pytest.raises(PayloadRejected):
            feed.parse(payload(feed.name, body))
        with pytest.raises(PayloadRejected):
            list(feed.follow(payload(feed.name, body))) or feed.parse(payload(feed.name, body))


def test_a_page_without_the_offers_it_counts_is_rejected() -> None:
    assert parsed(page()).is_empty_slate
    with pytest.raises(PayloadRejected, match="counts 3 offers"):
        parsed(SOUND | {"offers": []})


def test_a_lost_field_rejects_the_page() -> None:
    with pytest.raises(PayloadRejected, match="line"):
        parsed(json.loads(json.dumps(SOUND).replace('"line":', '"value":')))


@pytest.mark.parametrize(("first", "last"), [("Dinho", ""), ("", "Dinho"), ("Dinho ", " ")])
def test_a_player_with_one_name_is_quoted(first: str, last: str) -> None:
    sides = [selection(side, b10=[line(20.5, -110)]) for side in ("over", "under")]
    answer = FEEDS["offers"].parse(payload("offers", page(offer(first, last, *sides)), label=LABEL))
    assert reasons(answer) == []
    assert {row["player_name"] for row in rows(answer)} == {"Dinho"}
