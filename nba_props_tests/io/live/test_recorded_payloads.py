"""Every recorded payload through its source's parser: the rows of each sheet are as many as the file itself holds.

What a file holds is counted here from its raw JSON (the PDF's text), by nothing that the parsers use.
"""

import gzip
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pdfplumber
import pytest

from nba_props.io.sources.live import (
    balldontlie,
    basketball_reference,
    bettingpros,
    espn,
    injury_report,
    nba_stats,
    odds_api,
)
from nba_props.io.sources.live.contract import LiveSource, Sheet, Source
from nba_props_tests.io.live.payload_kit import RECORDED, landed, recorded

pytestmark = pytest.mark.archive

PARSERS: Mapping[Source, LiveSource] = {
    module.SOURCE.source: module.SOURCE
    for module in (balldontlie, basketball_reference, bettingpros, espn, injury_report, nba_stats, odds_api)
}
Counts = Mapping[Sheet, int]


# -- what the files hold ------------------------------------------------------------------------------------------------
def _box_scores(sent: Any) -> Counts:
    lines = [line for game in sent["data"] for side in ("home_team", "visitor_team") for line in game[side]["players"]]
    return {Sheet.RESULTS: len(sent["data"]), Sheet.BOX_REPORTS: len(lines)}


def _roster(sent: Any) -> Counts:
    athletes = sent["team"]["athletes"]
    return {Sheet.ROSTERS: len(athletes), Sheet.INJURIES: sum(bool(one["injuries"]) for one in athletes)}


def _schedule(sent: Any) -> Counts:
    games = [game for day in sent["leagueSchedule"]["gameDates"] for game in day["games"]]
    counting = [game for game in games if game["gameStatus"] == 3 and game["gameId"][:3] not in ("001", "003")]
    return {Sheet.SCHEDULE: len(games), Sheet.RESULTS: len(counting)}


def _listed_as(sheet: Sheet) -> Callable[[Any], Counts]:
    return lambda sent: {sheet: len(sent["data"])}


def _tabled_as(sheet: Sheet) -> Callable[[Any], Counts]:
    return lambda sent: {sheet: len(sent["resultSets"][0]["rowSet"])}


def _lines(sent: Any) -> Counts:
    return {Sheet.GAME_LINES: len(sent["data"]["bookmakers"])}


def _injured(sent: Any) -> Counts:
    return {
        Sheet.INJURIES: len(re.findall(r" (Out|Doubtful|Questionable|Probable|Available)(?= |$)", sent, re.MULTILINE))
    }


def _nothing(sent: Any) -> Counts:
    return {}


# -- the files ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class File:
    """A recorded payload, what it was an answer to, and what counts its rows."""

    name: str
    source: Source
    feed: str
    day: date
    held: Callable[[Any], Counts]
    label: str = ""
    is_empty_slate: bool = False


MLK_DAY, MID_MARCH = date(2024, 1, 15), date(2025, 3, 15)
FILES = (
    File("balldontlie_box_scores.json", Source.BALLDONTLIE, "box_scores", MLK_DAY, _box_scores),
    File("balldontlie_box_scores_empty.json", Source.BALLDONTLIE, "box_scores", MLK_DAY, _nothing, "", True),
    File(
        "balldontlie_injuries.json",
        Source.BALLDONTLIE,
        "player_injuries",
        MLK_DAY,
        _listed_as(Sheet.INJURIES),
        "page-1",
    ),
    File("balldontlie_standings.json", Source.BALLDONTLIE, "standings", date(2025, 4, 20), _listed_as(Sheet.STANDINGS)),
    File("espn_roster_bos.json", Source.ESPN, "roster", MLK_DAY, _roster, "BOS"),
    File("espn_scoreboard.json", Source.ESPN, "scoreboard", MLK_DAY, lambda sent: {Sheet.RESULTS: len(sent["events"])}),
    File("nba_injury_report.pdf", Source.INJURY_REPORT, "injury_report", date(2024, 1, 4), _injured, "12PM"),
    File("nba_league_game_log.json", Source.NBA_STATS, "game_log", MID_MARCH, _tabled_as(Sheet.BOX_SCORES)),
    File("nba_player_index.json", Source.NBA_STATS, "player_index", MID_MARCH, _tabled_as(Sheet.PEOPLE)),
    File("nba_schedule.json.gz", Source.NBA_STATS, "schedule", MID_MARCH, _schedule),
    File("odds_api_events_history.json", Source.ODDS_API, "events_history", date(2024, 1, 24), _nothing),
    File("odds_api_game_lines_history.json", Source.ODDS_API, "event_odds_history", date(2024, 1, 24), _lines),
)


def _raw(name: str, body: bytes) -> Any:
    """A file's JSON, or its text."""
    if not name.endswith(".pdf"):
        return json.loads(body)
    with pdfplumber.open(io.BytesIO(body)) as document:
        return "\n".join(page.extract_text(x_tolerance=1.5) for page in document.pages)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_row_of_a_recorded_payload_is_read(file: File) -> None:
    body = recorded(file.name)
    body = gzip.decompress(body) if file.name.endswith(".gz") else body
    (feed,) = (feed for feed in PARSERS[file.source].feeds if feed.name == file.feed)
    fetched_at = datetime(2025, 6, 1, tzinfo=UTC)
    parsed = feed.parse(landed(file.source, file.feed, file.day, body, label=file.label, fetched_at=fetched_at))
    assert {sheet: len(rows) for sheet, rows in parsed.rows.items()} == file.held(_raw(file.name, body))
    assert parsed.refused == []
    assert parsed.is_empty_slate is file.is_empty_slate


def test_no_recorded_payload_is_left_out() -> None:
    if not RECORDED.exists():
        pytest.skip("the private recordings of real payloads are not beside the project (../shared/data/payloads)")
    assert {path.name for path in RECORDED.iterdir()} == {file.name for file in FILES}
