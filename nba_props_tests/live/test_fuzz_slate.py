"""Damaged payloads of a whole slate through parser and border: nothing raises, and no row is let in that nobody sent.

Each mutant has one thing wrong. The property, for every row that is let in and is none of the sound payload's:

1. There are never more of them than sound rows that are no longer there: each stands in place of one. (Of a quote whose
   two sides no longer name one player, each side becomes a one-sided quote.)
2. It is a sound row but for fields that are missing now, or that hold what the mutation put in (in a name: as one of its words).

What this does not promise: a value that was replaced by another that may be true (7 assists by 9) is let in, since nobody
could tell; nor is (2) asked of numbers shuffled within a row that has no names of its own (`rowSet`, its `headers`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nba_props.catalog.raw import SCHEDULE
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.fetch import fetch_day
from nba_props.io.landing import landed_between, open_landed
from nba_props.io.sources.archive.border import validate
from nba_props.io.sources.live.assemble import assemble
from nba_props.io.sources.live.contract import Outcome, Payload, Sheet, Source
from nba_props.io.sources.live.read import ReadPayload, SheetRows, read_payload
from nba_props.io.sources.live.registry import live_source
from nba_props.io.sources.live.rows import MODELS
from nba_props_tests.io.live.mutations import Mutant, mutants
from nba_props_tests.io.live.payload_kit import FETCHED, landed, recorded
from nba_props_tests.live.kit import SEASON, before_tip, following
from nba_props_tests.live.misbehaving import TINY, hasty_sources

pytestmark = pytest.mark.whole

PARSERS = {(source, feed.name): feed.parse for source in Source for feed in live_source(source).feeds}
SHUFFLED = "reorder"
LONGEST_TEXT = 500
"""Reasons are kept up to here."""

FOLLOWS = ("started", "is_main", "fgm_paint", "fga_paint", "bookmaker")
"""Fields that no value states: a starter is who has a position, a main line the only or the marked one, the paint a sum of
two zones, a book what its number stands for."""

Row = tuple[tuple[str, Any], ...]


@pytest.fixture(scope="module")
def slate(tmp_path_factory: pytest.TempPathFactory) -> list[Payload]:
    """Every payload that a slate and the night before it bring."""
    with hasty_sources(), following(tmp_path_factory.mktemp("slate") / "home", TINY) as follower:
        day = follower.league.game_dates[-1]
        platform = follower.at(before_tip(follower.league, day))
        for asked in (day - timedelta(days=2), day):
            fetch_day(platform, asked)
        found = landed_between(platform.store, TINY.start - timedelta(days=1), TINY.last)
        return [open_landed(platform.store, one) for one in found if one.outcome is Outcome.CONTENT]


def documents(payloads: Sequence[Payload]) -> list[Payload]:
    """One JSON payload of each feed of each source, the largest."""
    best: dict[tuple[Source, str], Payload] = {}
    for one in payloads:
        key = (one.source, one.feed)
        if one.body[:1] in b"[{" and (key not in best or len(one.body) > len(best[key].body)):
            best[key] = one
    return list(best.values())


def let_in(read: ReadPayload) -> dict[Sheet, set[Row]]:
    """Rows of a payload that the border accepts, by sheet."""
    found = {}
    for sheet, rows in read.parsed.rows.items():
        frame = validate([SheetRows([(read, number, row) for number, row in rows])], MODELS[sheet])
        fields = list(MODELS[sheet].model_fields)
        accepted = frame.loc[frame["refusal"].isna(), fields].astype(object)
        plain = accepted.where(accepted.notna(), None)
        found[sheet] = {tuple(zip(fields, values, strict=True)) for values in plain.itertuples(index=False, name=None)}
    return found


def assert_tells_nothing_new(payload: Payload, mutant: Mutant, sound: Mapping[Sheet, set[Row]]) -> None:
    body = json.dumps(mutant.document).encode()
    told = let_in(read_payload(replace(payload, body=body), PARSERS))
    put_in = _texts(_put_in(mutant))
    for sheet, rows in told.items():
        known = sound.get(sheet, set())
        new, lost = rows - known, known - rows
        where = f"{payload.source} {payload.feed} {sheet}: {mutant.kind} at {mutant.place}"
        sides = 2 if sheet is Sheet.QUOTES else 1
        assert len(new) <= sides * len(lost), f"{where} adds {next(iter(new))}"
        if mutant.kind != SHUFFLED:
            for row in new:
                assert any(_is_explained(row, one, put_in) for one in lost), f"{where} makes up {row}"


def _put_in(mutant: Mutant) -> Any:
    """What the mutation put into the document."""
    if mutant.kind not in ("replace", "huge", "odd_text", "add"):
        return None
    node = mutant.document
    for key in mutant.place:
        node = node[key]
    return node.get("somethingNew") if mutant.kind == "add" else node


def _texts(value: Any) -> set[str]:
    """A value, and those within it, as text."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    text = _text(value).strip()
    numbers = {str(int(text))} if text.removeprefix("-").isdecimal() else set()  # -0.0 and "00" are the count 0
    return ({str(value).strip()} | numbers).union(*map(_texts, children))


def _is_explained(row: Row, sound: Row, put_in: set[str]) -> bool:
    pairs = zip(row, sound, strict=True)
    return all(
        value is None
        or value == true
        or (true is None and value == 0)  # a count beside "00" minutes says that he played: the zeros with it count
        or name in FOLLOWS
        or _is_made_of(_text(value), _text(true), put_in)
        for (name, value), (_, true) in pairs
    )


def _is_made_of(text: str, true: str, put_in: set[str]) -> bool:
    """TRUE for what was put in, and for a text of which it became a part: names are sent in two."""
    parts = {word for one in put_in for word in one.split()}
    is_cut = len(text) == LONGEST_TEXT and any(one.startswith(text) for one in put_in)
    return is_cut or text in put_in or set(text.split()) <= parts | set(true.split())


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def test_the_whole_slate_is_assembled_whatever_one_payload_says(slate: list[Payload]) -> None:
    read = [read_payload(one, PARSERS) for one in slate]
    games = arrow_schema(SCHEDULE).empty_table()
    for number, payload in enumerate(documents(slate)):
        for mutant in mutants(json.loads(payload.body), number, 1):
            damaged = read_payload(replace(payload, body=json.dumps(mutant.document).encode()), PARSERS)
            found = assemble([damaged, *(one for one in read if one.ref != payload.ref)], SEASON, games)
            for row in found.payloads.to_pylist():
                counted = row["rows_kept"] + row["rows_duplicate"] + row["rows_quarantined"]
                assert row["rows_read"] == counted, (mutant.kind, mutant.place, row)


@pytest.mark.parametrize(("seed", "count"), [(0, 20), *((seed, 60) for seed in range(1, 6))])
def test_no_damaged_payload_tells_what_nobody_sent(slate: list[Payload], seed: int, count: int) -> None:
    for payload in documents(slate):
        sound = let_in(read_payload(payload, PARSERS))
        for mutant in mutants(json.loads(payload.body), seed, count):
            assert_tells_nothing_new(payload, mutant, sound)


# -- as sources once sent it -------------------------------------------------------------------------------------------
_SENT = (
    ("balldontlie_box_scores.json", Source.BALLDONTLIE, "box_scores", ""),
    ("balldontlie_injuries.json", Source.BALLDONTLIE, "player_injuries", "page1"),
    ("espn_roster_bos.json", Source.ESPN, "roster", "BOS"),
    ("espn_scoreboard.json", Source.ESPN, "scoreboard", ""),
    ("nba_league_game_log.json", Source.NBA_STATS, "game_log", ""),
    ("nba_player_index.json", Source.NBA_STATS, "player_index", ""),
    ("odds_api_game_lines_history.json", Source.ODDS_API, "event_odds_history", ""),
)


@pytest.mark.archive
@pytest.mark.parametrize(("name", "source", "feed", "label"), _SENT, ids=[one[0] for one in _SENT])
def test_no_damaged_recording_tells_what_nobody_sent(name: str, source: Source, feed: str, label: str) -> None:
    fetched_at = datetime(2024, 2, 1, tzinfo=UTC) if source is Source.ODDS_API else FETCHED  # asked about the past
    payload = landed(source, feed, date(2024, 1, 15), recorded(name), label=label, fetched_at=fetched_at)
    sound = let_in(read_payload(payload, PARSERS))
    assert any(sound.values())
    for mutant in mutants(json.loads(payload.body), 7, 60):
        assert_tells_nothing_new(payload, mutant, sound)
