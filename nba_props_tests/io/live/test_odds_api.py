"""The Odds API: what is asked, what its answers become, and that a broken answer never becomes a wrong row."""

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_props.domain.calendar import slate_date
from nba_props.domain.odds import american_to_decimal
from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Sheet, Source
from nba_props.io.sources.live.odds_api import SOURCE
from nba_props_tests.io.live.mutations import assert_refuses_broken_bodies, assert_survives
from nba_props_tests.io.live.payload_kit import judged, landed, recorded, rows_of

DAY = date(2024, 3, 14)
TIP = datetime(2024, 3, 15, 0, 10, tzinfo=UTC)  # 20:10 Eastern of DAY
ASKED = datetime(2024, 3, 14, 21, 0, tzinfo=UTC)
FEEDS = {feed.name: feed for feed in SOURCE.feeds}


def payload(feed: str, document: Any, day: date = DAY, fetched_at: datetime = ASKED, label: str = "") -> Payload:
    return landed(Source.ODDS_API, feed, day, document, label=label, fetched_at=fetched_at)


def parsed(feed: str, document: Any, **facts: Any) -> Parsed:
    return FEEDS[feed].parse(payload(feed, document, **facts))


def event(**facts: Any) -> dict[str, Any]:
    return {
        "id": "e1",
        "sport_key": "basketball_nba",
        "commence_time": f"{TIP:%Y-%m-%dT%H:%M:%SZ}",
        "home_team": "Boston Celtics",
        "away_team": "Phoenix Suns",
    } | facts


def side(name: str, player: str, point: float, price: float | None) -> dict[str, Any]:
    return {"name": name, "description": player, "price": price, "point": point}


def both(player: str, point: float, over: float, under: float) -> list[dict[str, Any]]:
    return [side("Over", player, point, over), side("Under", player, point, under)]


def book(key: str, **markets: list[dict[str, Any]]) -> dict[str, Any]:
    made = [
        {"key": market, "last_update": "2024-03-14T20:00:00Z", "outcomes": rows} for market, rows in markets.items()
    ]
    return {"key": key, "title": key.title(), "last_update": "2024-03-14T20:00:00Z", "markets": made}


def odds(*books: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return event(bookmakers=list(books), **facts)


def then(data: Any, timestamp: datetime) -> dict[str, Any]:
    return {
        "timestamp": f"{timestamp:%Y-%m-%dT%H:%M:%SZ}",
        "previous_timestamp": None,
        "next_timestamp": None,
        "data": data,
    }


def rows(answer: Parsed, sheet: Sheet = Sheet.QUOTES) -> list[dict[str, Any]]:
    return [dict(row) for row in rows_of(answer, sheet)]


def lines_of(answer: Parsed) -> list[tuple[Any, ...]]:
    return [tuple(row[k] for k in ("player_name", "line", "over_price", "under_price")) for row in rows(answer)]


def reasons(answer: Parsed) -> list[str]:
    return [one.reason for one in answer.refused]


# -- recorded -----------------------------------------------------------------------------------------------------------
@pytest.mark.archive
def test_a_recorded_list_of_events_leads_to_those_of_its_slate() -> None:
    body = recorded("odds_api_events_history.json")
    sent = json.loads(body)["data"]
    for day in {slate_date(datetime.fromisoformat(one["commence_time"])) for one in sent}:
        listed = payload("events_history", body, day=day, fetched_at=datetime(2024, 2, 1, tzinfo=UTC))
        asked = list(FEEDS["events_history"].follow(listed))
        ours = [one for one in sent if slate_date(datetime.fromisoformat(one["commence_time"])) == day]
        assert [request.label for request in asked] == [one["id"] for one in ours]
        assert not FEEDS["events_history"].parse(listed).refused


@pytest.mark.archive
def test_recorded_game_lines_become_exactly_the_rows_they_hold() -> None:
    body = recorded("odds_api_game_lines_history.json")
    sent = json.loads(body)["data"]
    answer = parsed("event_odds_history", body, fetched_at=datetime(2024, 2, 1, tzinfo=UTC))
    assert not answer.refused
    assert len(rows(answer, Sheet.GAME_LINES)) == len(sent["bookmakers"])
    for row, sent_book in zip(rows(answer, Sheet.GAME_LINES), sent["bookmakers"], strict=True):
        markets = {market["key"]: {one["name"]: one for one in market["outcomes"]} for market in sent_book["markets"]}
        home, away = markets["spreads"][sent["home_team"]], markets["spreads"][sent["away_team"]]
        over, under = markets["totals"]["Over"], markets["totals"]["Under"]
        assert row["bookmaker"] == sent_book["key"]
        assert row["home_spread"] == home["point"] == -away["point"]
        assert row["total_line"] == over["point"] == under["point"]
        prices = ("home_spread_price", "away_spread_price", "over_price", "under_price")
        told = [round(float(american_to_decimal(row[name])), 2) for name in prices]
        assert told == pytest.approx([one["price"] for one in (home, away, over, under)], abs=0.005)
        assert row["snapshot_utc"] == datetime.fromisoformat(json.loads(body)["timestamp"])
        assert row["snapshot_utc"] > row["tip_utc"]  # recorded during the game


# -- what is asked ------------------------------------------------------------------------------------------------------
def test_a_slate_to_come_is_asked_for_by_its_eastern_bounds() -> None:
    events, lines = SOURCE.of_day(DAY, ASKED)
    assert (events.path, lines.path) == ("/sports/basketball_nba/events", "/sports/basketball_nba/odds")
    for request in (events, lines):
        assert request.params["commenceTimeFrom"] == "2024-03-14T04:00:00Z"
        assert request.params["commenceTimeTo"] == "2024-03-15T03:59:59Z"


def test_only_events_of_the_slate_that_have_not_begun_are_followed() -> None:
    listed = [
        event(id="ahead"),
        event(id="begun", commence_time="2024-03-14T20:59:00Z"),
        event(id="tomorrow", commence_time="2024-03-15T23:00:00Z"),
    ]
    (request,) = FEEDS["events"].follow(payload("events", listed))
    assert request.label == "ahead"
    assert request.path == "/sports/basketball_nba/events/ahead/odds"
    assert request.params["markets"] == "player_points,player_points_alternate"
    assert request.params["regions"] == "us,us2,us_dfs"


def test_lines_are_asked_for_more_often_near_tip() -> None:
    def fresh_for(fetched_at: datetime) -> timedelta:
        (request,) = FEEDS["events"].follow(payload("events", [event()], fetched_at=fetched_at))
        return request.fresh_for

    assert fresh_for(TIP - timedelta(hours=1)) < fresh_for(TIP - timedelta(hours=8)) < timedelta(hours=1)


def test_a_slate_that_is_over_is_asked_for_as_it_was_half_an_hour_before_each_tip() -> None:
    (listing,) = SOURCE.of_day(DAY, ASKED + timedelta(days=3))
    assert (listing.path, listing.params["date"]) == (
        "/historical/sports/basketball_nba/events",
        "2024-03-14T16:00:00Z",
    )
    listed = then(
        [event(), event(id="e2", commence_time="2024-03-15T02:40:00Z")], datetime(2024, 3, 14, 16, tzinfo=UTC)
    )
    asked = list(FEEDS["events_history"].follow(payload("events_history", listed)))
    assert [request.params["date"] for request in asked] == ["2024-03-14T23:40:00Z", "2024-03-15T02:10:00Z"]
    assert [request.path for request in asked] == [
        f"/historical/sports/basketball_nba/events/{one}/odds" for one in ("e1", "e2")
    ]
    assert all(request.settles_at and request.settles_at < TIP + timedelta(hours=4) for request in asked)


def test_a_season_is_its_dates_that_are_over_since_points_are_kept() -> None:
    now = datetime(2024, 1, 10, 17, tzinfo=UTC)
    days = [request.day for request in SOURCE.of_season("2023-24", now)]
    assert (days[0], days[-1], len(days)) == (date(2023, 10, 1), date(2024, 1, 9), 101)
    assert not list(SOURCE.of_season("2021-22", now))
    assert min(request.day for request in SOURCE.of_season("2022-23", now)) == date(2023, 5, 3)
    assert not list(SOURCE.of_season("2024-25", now))


# -- events -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("hour", "listed", "is_empty"),
    [
        (15, [], True),
        (21, [], False),
        (15, [event()], False),
        (15, [event(commence_time="2024-03-16T00:10:00Z")], True),
    ],
)
def test_an_empty_list_is_an_empty_slate_only_before_noon(hour: int, listed: list[Any], is_empty: bool) -> None:
    assert parsed("events", listed, fetched_at=datetime(2024, 3, 14, hour, tzinfo=UTC)).is_empty_slate is is_empty
    if not listed:
        assert parsed("game_lines", [], fetched_at=datetime(2024, 3, 14, hour, tzinfo=UTC)).is_empty_slate is is_empty
    snapshot = then(listed, datetime(2024, 3, 14, hour, tzinfo=UTC))
    assert parsed("events_history", snapshot, fetched_at=TIP).is_empty_slate is is_empty


def test_an_event_without_nba_teams_is_refused_by_name() -> None:
    answer = parsed("events", [event(home_team="Team Giants")])
    assert reasons(answer) == ["not_an_nba_game"]
    assert answer.refused[0].row["home_team"] == "Team Giants"


# -- quotes -------------------------------------------------------------------------------------------------------------
def test_a_quote_is_both_sides_of_one_line_of_one_book() -> None:
    answer = parsed("event_odds", odds(book("draftkings", player_points=both("Ana Lind", 20.5, -115, -105))))
    assert rows(answer) == [
        {
            "game_date": DAY,
            "season": "2023-24",
            "snapshot_utc": ASKED,
            "tip_utc": TIP,
            "pre_tip": True,
            "event_id": "e1",
            "home_abbr": "BOS",
            "away_abbr": "PHX",
            "player_name": "Ana Lind",
            "bookmaker": "draftkings",
            "line_type": "player_points",
            "is_main": True,
            "line": 20.5,
            "over_price": -115,
            "under_price": -105,
        }
    ]
    assert not answer.refused


def test_alternates_are_not_main_and_one_side_alone_stays_alone() -> None:
    alternates = [
        side("Over", "Ana Lind", 24.5, 180),
        side("Over", "Ana Lind", 29.5, 400),
        side("Under", "Bo Ek", 9.5, -140),
    ]
    answer = parsed("event_odds", odds(book("fanduel", player_points_alternate=alternates)))
    assert lines_of(answer) == [
        ("Ana Lind", 24.5, 180, None),
        ("Ana Lind", 29.5, 400, None),
        ("Bo Ek", 9.5, None, -140),
    ]
    assert [row["is_main"] for row in rows(answer)] == [False] * 3


def test_decimal_prices_become_american_although_american_was_asked_for() -> None:
    answer = parsed("event_odds", odds(book("betmgm", player_points=both("Ana Lind", 20.5, 1.91, 1.87))))
    assert lines_of(answer) == [("Ana Lind", 20.5, -110, -115)]


def test_a_price_that_may_be_either_format_is_refused() -> None:
    sent = [*both("Ana Lind", 20.5, 1.91, 1.87), side("Over", "Bo Ek", 40.5, 151.0)]
    answer = parsed("event_odds", odds(book("betmgm", player_points=sent)))
    assert lines_of(answer) == [("Ana Lind", 20.5, -110, -115)]
    assert reasons(answer) == ["price_ambiguous"]


@pytest.mark.parametrize("price", [0, 1.5, -99.9, 99])
def test_what_is_no_american_price_is_refused(price: float) -> None:
    sent = [*both("Ana Lind", 20.5, -110, -110), side("Over", "Bo Ek", 9.5, price)]
    answer = parsed("event_odds", odds(book("betmgm", player_points=sent)))
    assert lines_of(answer) == [("Ana Lind", 20.5, -110, -110)]
    assert reasons(answer) == ["price_not_american"]


def test_a_missing_price_stays_missing() -> None:
    answer = parsed("event_odds", odds(book("pick6", player_points=[side("Over", "Ana Lind", 20.5, None)])))
    assert lines_of(answer) == [("Ana Lind", 20.5, None, None)]


def test_what_is_said_twice_counts_once_and_a_contradiction_not_at_all() -> None:
    sent = [*both("Ana Lind", 20.5, -110, -110), side("Over", "Ana Lind", 20.5, -110)]
    twice = parsed("event_odds", odds(book("betmgm", player_points=sent)))
    assert lines_of(twice) == [("Ana Lind", 20.5, -110, -110)]
    assert reasons(twice) == ["said_twice"]
    sent = [*both("Ana Lind", 20.5, -110, -110), side("Over", "Ana Lind", 20.5, -125)]
    contradicted = parsed("event_odds", odds(book("betmgm", player_points=sent)))
    assert not rows(contradicted)
    assert reasons(contradicted) == ["side_has_two_prices"] * 3


def test_a_snapshot_of_the_past_is_as_old_as_its_envelope_says_and_in_play_after_tip() -> None:
    data = odds(book("draftkings", player_points=both("Ana Lind", 20.5, -110, -110)))
    for seen_at, pre_tip in ((TIP - timedelta(minutes=30), True), (TIP, False), (TIP + timedelta(hours=1), False)):
        (row,) = rows(parsed("event_odds_history", then(data, seen_at), fetched_at=TIP + timedelta(days=9)))
        assert (row["snapshot_utc"], row["pre_tip"]) == (seen_at, pre_tip)


def test_a_snapshot_from_the_future_is_rejected() -> None:
    with pytest.raises(PayloadRejected, match="after the instant it was asked about"):
        parsed("event_odds_history", then(odds(), ASKED + timedelta(minutes=1)))


def test_a_snapshot_of_after_the_instant_asked_about_is_rejected() -> None:
    about = {"date": f"{TIP - timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}"}
    asked = payload("event_odds_history", then(odds(), TIP + timedelta(hours=2)), fetched_at=TIP + timedelta(days=9))
    with pytest.raises(PayloadRejected, match="after the instant it was asked about"):
        FEEDS["event_odds_history"].parse(replace(asked, params=about))


def test_a_tip_that_moved_moves_the_row_to_its_new_date() -> None:
    data = odds(book("fanduel", player_points=both("Ana Lind", 20.5, -110, -110)), commence_time="2024-03-16T00:10:00Z")
    (row,) = rows(parsed("event_odds", data))
    assert row["game_date"] == date(2024, 3, 15)


def test_an_event_that_nobody_quotes_is_no_fault() -> None:
    assert parsed("event_odds", odds()).is_empty_slate
    assert parsed("event_odds", odds(book("fanduel"))).is_empty_slate


def test_rows_pass_the_border_of_the_raw_tables() -> None:
    markets = {
        "player_points": both("Ana Lind", 20.5, -110, -110),
        "spreads": [
            {"name": "Boston Celtics", "price": -110, "point": -4.5},
            {"name": "Phoenix Suns", "price": -110, "point": 4.5},
        ],
    }
    answer = parsed("event_odds", odds(book("fanduel", **markets)))
    for sheet in (Sheet.QUOTES, Sheet.GAME_LINES):
        assert judged(answer, sheet)["refusal"].isna().all()


# -- game lines ---------------------------------------------------------------------------------------------------------
def spread(home: float, away: float) -> list[dict[str, Any]]:
    return [
        {"name": "Phoenix Suns", "price": -112, "point": away},
        {"name": "Boston Celtics", "price": -108, "point": home},
    ]


def total(over: float, under: float) -> list[dict[str, Any]]:
    return [{"name": "Over", "price": -110, "point": over}, {"name": "Under", "price": -115, "point": under}]


def test_spread_and_total_of_a_book_are_one_row() -> None:
    answer = parsed("game_lines", [odds(book("fanduel", spreads=spread(-4.5, 4.5), totals=total(221.5, 221.5)))])
    (row,) = rows(answer, Sheet.GAME_LINES)
    terms = ("home_spread", "home_spread_price", "away_spread_price", "total_line", "over_price", "under_price")
    assert [row[term] for term in terms] == [-4.5, -108, -112, 221.5, -110, -115]


def test_a_market_that_contradicts_itself_is_refused_and_the_other_kept() -> None:
    answer = parsed("game_lines", [odds(book("fanduel", spreads=spread(-4.5, 5.5), totals=total(221.5, 221.5)))])
    (row,) = rows(answer, Sheet.GAME_LINES)
    assert (row["home_spread"], row["total_line"]) == (None, 221.5)
    assert reasons(answer) == ["sides_disagree_on_line"]


def test_a_spread_told_from_the_visitors_side_only_is_turned_round() -> None:
    (row,) = rows(parsed("game_lines", [odds(book("fanduel", spreads=spread(-4.5, 4.5)[:1]))]), Sheet.GAME_LINES)
    assert (row["home_spread"], row["home_spread_price"], row["away_spread_price"]) == (-4.5, None, -112)


# -- broken answers -----------------------------------------------------------------------------------------------------
SLATE = [
    odds(
        book("draftkings", player_points=[*both("Ana Lind", 20.5, -115, -105), *both("Bo Ek", 9.5, 100, -130)]),
        book("fanduel", player_points_alternate=both("Ana Lind", 24.5, 160, -210), spreads=spread(-4.5, 4.5)),
    ),
    odds(book("betmgm", totals=total(221.5, 221.5), player_points=both("Cy Orr", 14.5, -120, -110)), id="e2"),
]


def test_one_fault_anywhere_rejects_the_answer_or_touches_only_the_rows_it_is_in() -> None:
    def parse(document: Any) -> Parsed:
        return parsed("game_lines", document)

    assert_survives(parse, SLATE, lambda row: row["bookmaker"], rows_in=(None, "bookmakers"), count=2_000, sides=2)
    assert_refuses_broken_bodies(parse, SLATE, count=100)


FIELDS = st.sampled_from(["id", "data", "timestamp", "bookmakers", "markets", "outcomes", "key"])
SCALARS = st.none() | st.booleans() | st.floats() | st.text()


SHAPES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(FIELDS, inner), max_leaves=8)


@settings(max_examples=50)
@given(SHAPES)
def test_anything_else_is_rejected(document: Any) -> None:
    for feed in FEEDS.values():
        if document == [] and feed.name in ("events", "game_lines"):
            continue
        with pytest.raises(PayloadRejected):
            feed.parse(payload(feed.name, document))


@given(st.binary(max_size=60))
def test_bytes_that_are_no_answer_are_rejected(body: bytes) -> None:
    for feed in FEEDS.values():
        if body.strip() != b"[]":
            with pytest.raises(PayloadRejected):
                feed.parse(payload(feed.name, body))


def test_a_new_field_changes_nothing_and_a_lost_one_rejects_the_answer() -> None:
    added = json.loads(json.dumps(SLATE).replace('"key":', '"sid": 7, "key":'))
    assert parsed("game_lines", added) == parsed("game_lines", SLATE)
    renamed = json.loads(json.dumps(SLATE).replace('"point":', '"handicap":'))
    with pytest.raises(PayloadRejected, match="point"):
        parsed("game_lines", renamed)


@given(st.randoms(use_true_random=False))
def test_the_order_of_outcomes_does_not_matter(rng: random.Random) -> None:
    shuffled = json.loads(json.dumps(SLATE))
    for one in shuffled:
        rng.shuffle(one["bookmakers"])
        for sent_book in one["bookmakers"]:
            rng.shuffle(sent_book["markets"])
            for market in sent_book["markets"]:
                rng.shuffle(market["outcomes"])
    for sheet in (Sheet.QUOTES, Sheet.GAME_LINES):
        one, other = (sorted(rows(parsed("game_lines", sent), sheet), key=str) for sent in (shuffled, SLATE))
        assert one == other
