"""Checks of the feature store, one SELECT over the declared features: range, constants in disguise, NULLs.

What a season's source cannot give (`nba_raw.source_capabilities`) is neither NULL too often nor constant: said once.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from nba_props.catalog import table
from nba_props.checks.frame import Check, Outcome, Severity, Span, by_date, check_sql
from nba_props.domain.features import FEATURES, Feature

STORE = table("nba_precompute.ml_feature_store")

FEWEST_PLAYERS = 20
"""Players with a value from which one single value is no coincidence."""
MOST_NULL_PCT = 50.0
SLATE_WIDE = frozenset({"playoff_game"})
"""Features that are the same for everyone by what they say."""
NOTHING_YET = frozenset({"games_in_last_7_days", "rest_advantage", "team_win_pct"})
"""Features that opening days leave equal for everyone."""

_READY = """ as f
inner join nba_analytics.upcoming_player_game_context as c
    on c.game_date = f.game_date and c.game_id = f.game_id and c.universal_player_id = f.universal_player_id
where f.game_date between @start_date and @end_date and c.game_date between @start_date and @end_date
    and c.is_production_ready
group by f.game_date"""
_EVERYONE = """ as f
where f.game_date between @start_date and @end_date
group by f.game_date"""

_AVAILABLE = "select season, capability from nba_raw.source_capabilities where is_available"


class Profile(NamedTuple):
    """One feature on one slate: how many players, how many of them with a value, and between which bounds."""

    game_date: date
    feature: Feature
    players: int
    known: int
    low: float | None
    high: float | None
    is_early_season: bool
    is_available: bool


def profiles(span: Span, *, only_ready: bool = False) -> Iterator[Profile]:
    """Every feature of every date that has rows; of production-ready players only, if asked for."""
    available = {(row["season"], row["capability"]) for row in span.query(_AVAILABLE)}
    for row in span.query(_statement(_READY if only_ready else _EVERYONE)):
        for feature in FEATURES:
            yield Profile(
                game_date=row["game_date"],
                feature=feature,
                players=row["players"],
                known=row[f"known_{feature.name}"],
                low=row[f"low_{feature.name}"],
                high=row[f"high_{feature.name}"],
                is_early_season=row["early_players"] > 0,
                is_available=feature.needs is None or (row["season"], feature.needs) in available,
            )


def _statement(rest: str) -> str:
    names = [one.name for one in FEATURES]
    figures = ", ".join(
        f"MIN(f.{one}) AS low_{one}, MAX(f.{one}) AS high_{one}, COUNT(f.{one}) AS known_{one}" for one in names
    )
    counts = "COUNT(*) AS players, MAX(f.season) AS season, COUNTIF(f.early_season_flag) AS early_players"
    return f"SELECT f.game_date, {counts}, {figures} FROM {STORE.full_name}{rest}"


def _range_findings(span: Span) -> Iterator[dict[str, Any]]:
    for one in profiles(span):
        if one.low is None or one.high is None:
            continue
        if one.low < one.feature.low:
            yield _finding(one, one.low, f"{one.feature.name} {one.low:g} is below {one.feature.low:g}")
        if one.high > one.feature.high:
            yield _finding(one, one.high, f"{one.feature.name} {one.high:g} is above {one.feature.high:g}")


def _constant_findings(span: Span) -> Iterator[dict[str, Any]]:
    must_vary = {row["game_date"]: row for row in span.query(check_sql("feature_not_constant"))}
    for one in profiles(span):
        name = one.feature.name
        is_expected = name in SLATE_WIDE or (one.is_early_season and name in NOTHING_YET) or not one.is_available
        is_constant = one.low == one.high and one.known >= FEWEST_PLAYERS
        if is_constant and not is_expected and must_vary.get(one.game_date, {}).get(name, True):
            yield _finding(one, one.low, f"{name} is {one.low:g} for all {one.known} players")


def _null_findings(span: Span) -> Iterator[dict[str, Any]]:
    for one in profiles(span, only_ready=True):
        null_pct = 100 * (one.players - one.known) / one.players
        if null_pct > MOST_NULL_PCT and one.is_available and not one.is_early_season:
            yield _finding(
                one, null_pct, f"{one.feature.name} is NULL for {null_pct:.0f} % of {one.players} ready players"
            )


def _finding(profile: Profile, value: float | None, text: str) -> dict[str, Any]:
    return {"game_date": profile.game_date, "value": value, "finding": text}


def _outcomes(find: Callable[[Span], Iterator[dict[str, Any]]], span: Span) -> list[Outcome]:
    return by_date(find(span), span.slates)


FEATURE_CHECKS = (
    Check(
        "feature_range",
        STORE,
        Severity.ERROR,
        "Every feature lies between its declared bounds.",
        partial(_outcomes, _range_findings),
    ),
    Check(
        "feature_not_constant",
        STORE,
        Severity.WARNING,
        f"No feature has one single value for {FEWEST_PLAYERS} players or more, unless the schedule says that it must.",
        partial(_outcomes, _constant_findings),
    ),
    Check(
        "feature_null_share",
        STORE,
        Severity.WARNING,
        f"No feature the season's source can give is NULL for more than {MOST_NULL_PCT:.0f} % of the ready players.",
        partial(_outcomes, _null_findings),
    ),
)
