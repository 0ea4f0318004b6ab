"""Small slates made by hand, for tests of status and exports: required columns are filled, a test says what matters."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from nba_props.catalog import ColumnType, table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings

DAY = date(2024, 1, 15)
NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
TIP = datetime(2024, 1, 16, 0, 30, tzinfo=UTC)
SYSTEMS = SYSTEM_IDS
GAMES = {"0022300561": ("LAL", "BOS"), "0022300562": ("DEN", "MIA")}
"""Game id: (home, away)."""

_EMPTY: Mapping[ColumnType, Any] = {
    ColumnType.STRING: "",
    ColumnType.INT64: 0,
    ColumnType.FLOAT64: 0.0,
    ColumnType.BOOL: False,
    ColumnType.DATE: DAY,
    ColumnType.TIMESTAMP: NOON,
}


@dataclass(frozen=True)
class Person:
    """One player of the slate; the fourth of every five has no line."""

    number: int
    game_id: str
    is_home: bool
    line: float | None

    @property
    def player_id(self) -> str:
        return f"nba_{self.number}"

    @property
    def columns(self) -> dict[str, Any]:
        teams = GAMES[self.game_id]
        own, other = teams if self.is_home else teams[::-1]
        return {
            "game_id": self.game_id,
            "universal_player_id": self.player_id,
            "player_lookup": f"player{self.number}",
            "player_name": f"Player {self.number}",
            "team_abbr": own,
            "opponent_abbr": other,
            "is_home": self.is_home,
        }


PEOPLE = [
    Person(number, game_id, is_home=number % 2 == 0, line=None if number % 5 == 4 else 10.5 + number % 10)
    for number, game_id in ((number, list(GAMES)[number // 10]) for number in range(20))
]


def rows(name: str, *given: Mapping[str, Any]) -> pa.Table:
    """Rows of a catalogued table: what is given, NULL where that is allowed, else the type's emptiest value."""
    target = table(name)
    defaults = {column.name: None if column.is_nullable else _EMPTY[column.type] for column in target}
    unknown = {key for row in given for key in row} - set(defaults)
    assert not unknown, f"{name} has no {unknown}"
    return pa.Table.from_pylist([defaults | dict(row) for row in given], schema=arrow_schema(target))


def put(platform: Platform, name: str, *given: Mapping[str, Any]) -> None:
    """Insert or update rows by grain."""
    platform.warehouse.upsert(table(name), rows(name, *given))


def new_home(home: Path, now: datetime = NOON) -> Platform:
    """A platform in an empty home, its tables created, at a pretended instant."""
    opened = Platform(load_settings(home=home, now=now, dataset_prefix=""))
    prepare(opened)
    return opened


def copy_home(platform: Platform, home: Path) -> Platform:
    """The same platform in a home of its own: copying is quicker than filling."""
    shutil.copytree(platform.home, home)
    return Platform(platform.settings.model_copy(update={"home": home}))


def at(platform: Platform, now: datetime) -> Platform:
    """The same home, at another pretended instant."""
    return Platform(platform.settings.model_copy(update={"now": now}))


def schedule(platform: Platform, day: date = DAY, season_type: str = "Regular Season") -> None:
    put(
        platform,
        "nba_raw.schedule",
        *[
            {
                "game_id": _game(game_id, day),
                "game_date": day,
                "season": "2023-24",
                "season_type": season_type,
                "home_team": home,
                "away_team": away,
                "tip_at": TIP + (day - DAY),
            }
            for game_id, (home, away) in GAMES.items()
        ],
    )


def coverage(
    platform: Platform, predicted: int, expected: int = 20, day: date = DAY, unresolved: int = 0, quoted: int = 16
) -> None:
    pct = 100 * predicted / expected if expected else None
    figures = {
        "games": 2,
        "roster_players": 30,
        "quoted_players": quoted,
        "expected": expected,
        "predicted": predicted,
        "coverage_pct": pct,
    }
    put(
        platform,
        "nba_monitoring.prediction_coverage",
        *[
            {"game_date": day, "system_id": system, "unresolved_names": unresolved, **figures}
            for system in ("all", *SYSTEMS)
        ],
    )


def batch(platform: Platform, day: date = DAY, **columns: Any) -> str:
    """A consolidated batch of the slate, unless said otherwise; its id."""
    facts = {
        "batch_id": f"batch_{day}_1",
        "game_date": day,
        "run_mode": "live",
        "batch_as_of_at": NOON + (day - DAY),
        "opened_at": NOON + (day - DAY),
        "scope": "slate",
        "systems": ",".join(SYSTEMS),
        "state": "consolidated",
        "expected_players": 20,
        "staged_players": 20,
        "completion_pct": 100.0,
        "consolidated_at": NOON + (day - DAY),
        "run_id": "run-of-batch",
    }
    put(platform, "nba_predictions.prediction_batches", facts | columns)
    return str((facts | columns)["batch_id"])


def prediction_rows(
    person: Person, systems: Sequence[str] = SYSTEMS, day: date = DAY, **columns: Any
) -> list[dict[str, Any]]:
    """A player's active rows: five rungs a system around his line, or one row a system without one."""
    rungs = [None] if person.line is None else [person.line + step for step in (-2, -1, 0, 1, 2)]
    return [
        person.columns
        | {
            "game_id": _game(person.game_id, day),
            "prediction_id": f"{day}-{person.number}-{system}-{rung}",
            "system_id": system,
            "game_date": day,
            "line_key": -1 if rung is None else round(rung * 10),
            "line_x10": None if rung is None else round(rung * 10),
            "prediction_version": 1,
            "batch_id": f"batch_{day}_1",
            "predicted_points": 12.0 + person.number / 10 + SYSTEMS.index(system),
            "predicted_median": 12.0,
            "confidence_score": None if rung is None else 0.55,
            "recommendation": "PASS" if rung is None else "OVER",
            "has_prop_line": rung is not None,
            "is_main_line": rung == person.line,
            "current_points_line": rung,
            "main_points_line": person.line,
            "over_price_american": -110.0,
            "under_price_american": -110.0,
            "key_factors": "fatigue -0.8, pace +0.4" if system == "moving_average" else None,
            "data_quality_tier": "gold",
            "run_mode": "live",
            "is_active": True,
            "created_at": NOON + (day - DAY),
            "updated_at": NOON + (day - DAY),
        }
        | columns
        for system in systems
        for rung in rungs
    ]


def predictions(
    platform: Platform,
    people: Sequence[Person] = PEOPLE,
    systems: Sequence[str] = SYSTEMS,
    day: date = DAY,
    **columns: Any,
) -> None:
    found = [row for person in people for row in prediction_rows(person, systems, day, **columns)]
    platform.warehouse.replace_rows(
        table("nba_predictions.player_prop_predictions"),
        rows("nba_predictions.player_prop_predictions", *found),
        day,
        day,
    )


def context(platform: Platform, people: Sequence[Person] = PEOPLE, day: date = DAY) -> None:
    """The slate's players with form and factors: player n averages 10 this season, 10 + n - 5 lately, freshness 5n."""
    keys = [
        {"game_date": day, "game_id": _game(one.game_id, day), "universal_player_id": one.player_id} for one in people
    ]
    put(
        platform,
        "nba_analytics.upcoming_player_game_context",
        *[
            one.columns
            | key
            | {
                "has_line": one.line is not None,
                "current_points_line": one.line,
                "over_price_american": -115.0,
                "under_price_american": -105.0,
                "games_played_season": one.number,
                "days_rest": 1,
                "is_production_ready": True,
            }
            for one, key in zip(people, keys, strict=True)
        ],
    )
    put(
        platform,
        "nba_precompute.player_daily_cache",
        *[
            key | {"points_avg_season": 10.0, "points_avg_last_5": 5.0 + one.number, "minutes_avg_season": 30.0}
            for one, key in zip(people, keys, strict=True)
        ],
    )
    put(
        platform,
        "nba_precompute.player_composite_factors",
        *[key | {"fatigue_score": 5.0 * one.number} for one, key in zip(people, keys, strict=True)],
    )


def missing(platform: Platform, *given: Mapping[str, Any], day: date = DAY) -> None:
    put(platform, "nba_monitoring.missing_predictions", *[{"game_date": day} | dict(row) for row in given])


def check(platform: Platform, severity: str, day: date = DAY, passed: bool = False) -> None:
    put(
        platform,
        "nba_monitoring.check_results",
        {
            "game_date": day,
            "asset": "predictions/player_prop_predictions",
            "check_name": "one_active_batch",
            "passed": passed,
            "severity": severity,
            "detail": "3 players have rows of two batches",
        },
    )


def good_slate(platform: Platform, day: date = DAY) -> None:
    """Two games, twenty players, every system, everyone predicted, consolidated, covered."""
    schedule(platform, day)
    coverage(platform, 20, day=day)
    batch(platform, day)
    context(platform, day=day)
    predictions(platform, day=day)


def later(minutes: float, instant: datetime = NOON) -> datetime:
    return instant + timedelta(minutes=minutes)


def _game(game_id: str, day: date) -> str:
    """The two games of another date are two other games."""
    return game_id if day == DAY else f"00223{day:%m%d}{game_id[-1]}"
