"""The simulated payloads against the recorded ones: every key that a real payload always has is there, with its type."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

from nba_props.io.sources.live.contract import Source
from nba_props.simulate.payloads.world import World
from nba_props_tests.simulate.payloads.kit import (
    EVERY_MARKET,
    REGULAR,
    SEASON,
    SPORT,
    ask,
    before,
    document,
    full_world,
    quoted_game,
)

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "payloads"

# Parts of a page that are for the eye of a visitor: pictures, links, broadcasts, contracts, tables of other pages.
DECORATION = (
    *("roadcast", "logos", "links", "headlines", "highlights", "statistics[]", "leaders[]", "linescores[]", "venue"),
    *("contract", "franchise", "groups", "nextEvent", "college", "birthPlace", "stats[]", "teams[]", "parent", "draft"),
    *("notes[]", "parameters", "position.", "records[]", ".logo", "record.items"),
)


@pytest.fixture(scope="module")
def world() -> World:
    return full_world()


@pytest.fixture(scope="module")
def now(world: World) -> datetime:
    """Half an hour before a late game: results, quotes and injuries are all there."""
    return before(quoted_game(world))


def recorded(name: str) -> Any:
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"the private recorded payload is not beside the project (../shared/data/payloads/{name})")
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)


def kind(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


class Shape:
    """The types found at each place of a document, and the places that are there whenever what holds them is."""

    def __init__(self, document: Any) -> None:
        self.kinds: dict[str, set[str]] = defaultdict(set)
        self.found: dict[str, int] = defaultdict(int)
        self.parent: dict[str, str] = {}
        self._read(document, "")

    def _read(self, value: Any, place: str) -> None:
        self.kinds[place].add(kind(value))
        self.found[place] += 1
        for below, one in self._below(value, place):
            self.parent[below] = place
            self._read(one, below)

    @staticmethod
    def _below(value: Any, place: str) -> Iterator[tuple[str, Any]]:
        if isinstance(value, dict) and {"headers", "rowSet"} <= value.keys() and isinstance(value["headers"][0], str):
            for row in value["rowSet"]:
                yield from ((f"{place}.{name}", one) for name, one in zip(value["headers"], row, strict=True))
        elif isinstance(value, dict):
            yield from ((f"{place}.{name}", one) for name, one in value.items())
        elif isinstance(value, list):
            yield from ((f"{place}[]", one) for one in value)

    @property
    def certain(self) -> set[str]:
        """Places in objects that are never left out."""
        return {
            place
            for place, parent in self.parent.items()
            if not place.endswith("[]") and self.found[place] >= self.found[parent]
        }


def differences(real: Any, simulated: Any) -> list[str]:
    """What a reader of the real payload would miss, or find of another type, in the simulated one."""
    theirs, ours = Shape(real), Shape(simulated)
    places = {place for place in theirs.certain if not any(word in place for word in DECORATION)}
    missing = [place for place in places if place not in ours.certain]
    other = [
        f"{place}: {theirs.kinds[place]} / {ours.kinds[place]}"
        for place in places & ours.certain
        if not ours.kinds[place] <= theirs.kinds[place] | {"NoneType"}
    ]
    return sorted(missing) + sorted(other)


class TestRecorded:
    pytestmark = pytest.mark.archive

    def test_schedule(self, world: World, now: datetime) -> None:
        simulated = document(world, now, Source.NBA_STATS, "/scheduleleaguev2", **SEASON)
        assert differences(recorded("nba_schedule.json.gz"), simulated) == []

    def test_player_index(self, world: World, now: datetime) -> None:
        simulated = document(world, now, Source.NBA_STATS, "/playerindex", **SEASON)
        assert differences(recorded("nba_player_index.json"), simulated) == []

    def test_game_log(self, world: World, now: datetime) -> None:
        simulated = document(world, now, Source.NBA_STATS, "/leaguegamelog", **REGULAR)
        assert differences(recorded("nba_league_game_log.json"), simulated) == []

    def test_balldontlie_box_scores(self, world: World, now: datetime) -> None:
        day = next(game.day for game in world.games if game.over_at < now)
        simulated = document(world, now, Source.BALLDONTLIE, "/box_scores", date=str(day))
        assert differences(recorded("balldontlie_box_scores.json"), simulated) == []

    def test_balldontlie_without_games(self, world: World, now: datetime) -> None:
        simulated = document(world, now, Source.BALLDONTLIE, "/box_scores", date="2025-07-01")
        assert simulated == recorded("balldontlie_box_scores_empty.json")

    def test_balldontlie_standings(self, world: World, now: datetime) -> None:
        simulated = document(world, now, Source.BALLDONTLIE, "/standings", season="2025")
        assert differences(recorded("balldontlie_standings.json"), simulated) == []

    def test_balldontlie_injuries(self, world: World, now: datetime) -> None:
        simulated = document(world, now, Source.BALLDONTLIE, "/player_injuries", per_page="100")
        assert differences(recorded("balldontlie_injuries.json"), simulated) == []

    def test_espn_roster(self, world: World, now: datetime) -> None:
        rosters = [document(world, now, Source.ESPN, f"/teams/{number}", enable="roster") for number in range(1, 31)]
        known = next(one for one in rosters if any(athlete["injuries"] for athlete in one["team"]["athletes"]))
        athletes = [one for one in known["team"]["athletes"] if "height" in one and "jersey" in one]
        simulated = {"team": {**known["team"], "athletes": athletes}}
        assert differences(recorded("espn_roster_bos.json"), simulated) == []

    def test_espn_scoreboard(self, world: World, now: datetime) -> None:
        day = next(game.day for game in world.games if game.over_at < now)
        simulated = document(world, now, Source.ESPN, "/scoreboard", dates=f"{day:%Y%m%d}")
        assert differences(recorded("espn_scoreboard.json"), simulated) == []

    def test_odds_api_events(self, world: World, now: datetime) -> None:
        asked = (now - timedelta(hours=2)).isoformat()
        simulated = document(world, now, Source.ODDS_API, f"/historical{SPORT}/events", date=asked)
        assert differences(recorded("odds_api_events_history.json"), simulated) == []

    def test_odds_api_game_lines(self, world: World, now: datetime) -> None:
        path = f"/historical{SPORT}/events/{quoted_game(world).event_id}/odds"
        asked = {**EVERY_MARKET, "markets": "spreads,totals", "date": (now - timedelta(hours=2)).isoformat()}
        simulated = document(world, now, Source.ODDS_API, path, **asked)
        assert differences(recorded("odds_api_game_lines_history.json"), simulated) == []

    def test_the_injury_reports_columns_stand_where_the_leagues_do(
        self, world: World, now: datetime, tmp_path: Path
    ) -> None:
        path = RECORDED / "nba_injury_report.pdf"
        if not path.exists():
            pytest.skip("the private recorded payload is not beside the project (../shared/data/payloads)")
        copy = tmp_path / "simulated.pdf"
        copy.write_bytes(
            ask(world, now, Source.INJURY_REPORT, f"/Injury-Report_{quoted_game(world).day}_12PM.pdf").body
        )
        assert headings(copy) == headings(path)
        assert columns(copy) <= columns(path)


def headings(path: Path) -> list[tuple[str, float]]:
    """The words above the columns, and where each column begins."""
    with pdfplumber.open(path) as pdf:
        words = pdf.pages[0].extract_words()
    return [(word["text"], round(word["x0"], 1)) for word in words if round(word["top"], 1) == 107.7]


def columns(path: Path) -> set[float]:
    """Where the cells of rows begin, and the footer's number."""
    with pdfplumber.open(path) as pdf:
        words = [word for page in pdf.pages for word in page.extract_words() if word["top"] > 80]
    return {round(word["x0"], 1) for word in words}


def test_the_comparison_sees_a_missing_key_and_another_type() -> None:
    real = {"rows": [{"id": 1, "name": "A", "at": None}, {"id": 2, "name": "B", "at": "x", "now_and_then": 1}]}
    assert differences(real, {"rows": [{"id": 1, "name": "A", "at": "x"}]}) == []
    assert differences(real, {"rows": [{"id": "1", "at": "x"}]}) == [".rows[].name", ".rows[].id: {'number'} / {'str'}"]
    assert differences(real, {"rows": [{"id": 1, "name": "A"}, {"id": 1, "name": "A", "at": "x"}]}) == [".rows[].at"]
