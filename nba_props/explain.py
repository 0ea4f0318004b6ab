"""The trace of one published number: from the rows in force back to the raw rows they rest on.

Here belongs gathering, for one player of one slate, what was published, with what it was made of: the batch, every quote
considered and why one was chosen, the feature vector as it was used (kept with the prediction, not what the store says
now), the games behind it, and the raw rows. Not here: finding the player meant, printing, or changing anything.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from nba_props.catalog import table
from nba_props.errors import BadInput
from nba_props.io.warehouse.sqltext import read_sql
from nba_props.platform import Platform

Row = dict[str, Any]

GAMES_SHOWN = 10
_HISTORY_DAYS = 400
_AVERAGES = {"points_avg_last_5": 5, "points_avg_last_10": 10}
_MEAN_TOLERANCE = 1e-6

_PREDICTIONS = """
select
    system_id, prediction_id, prediction_version, batch_id, batch_as_of_at, game_id, player_lookup, player_name, team_abbr,
    opponent_abbr, is_home, is_active, is_main_line, has_prop_line, current_points_line, main_points_line, line_margin,
    predicted_points, predicted_median, interval_80_low, interval_80_high, recommendation, confidence_score, over_prob,
    under_prob, push_prob, over_price_american, under_price_american, line_source, sportsbook, line_snapshot_at,
    line_minutes_before_game, opening_line, baseline_points, fatigue_adjustment, shot_zone_adjustment, pace_adjustment,
    raw_points, anchored_points, anchored_median, anchor_weight, anchor_weight_low, anchor_weight_high, market_over_prob,
    devig_method, edge, expected_value, kelly_fraction, independent_over_prob, calibration_id, calibration_method,
    play_prob, projected_minutes, points_per_minute, vacated_minutes, minutes_from_absences, absent_teammates,
    usage_adjustment, home_away_adjustment, similarity_baseline, similar_games_count, contributing_systems,
    missing_systems, system_agreement_score, key_factors, warnings, prediction_error_code, model_id, model_version,
    training_start_date, training_end_date, feature_version, feature_quality_score, data_quality_tier, features_hash,
    injury_status, injury_reported_at, tip_at, as_of_at, as_of_basis, run_mode, prediction_made_before_game,
    accepted_missing_columns, created_at, build_commit
from nba_predictions.player_prop_predictions
where game_date = @start_date and universal_player_id = @player_id
order by system_id, line_key, created_at, prediction_id
"""

_BATCHES = """
select
    batch_id, run_mode, batch_as_of_at, opened_at, consolidated_at, scope, state, completion_pct, missing_systems,
    superseded_rows, accepted_missing_columns, run_id
from nba_predictions.prediction_batches
where game_date = @start_date and batch_id in unnest(@batch_ids)
order by batch_as_of_at, opened_at, batch_id
"""

_QUOTES = """
select
    p.quote_id, p.source, p.bookmaker, p.book_rank, p.book_kind, p.player_name, p.line, p.line_x10, p.is_main,
    p.over_price_american, p.under_price_american, p.snapshot_at, p.tip_at, p.minutes_before_tip, p.known_until_at,
    p.tip_basis, p.is_usable, p.rejection_reason, r.payload_ref
from nba_analytics.line_prices as p
left join nba_raw.player_points_quotes as r
    on r.game_date = p.game_date and r.game_date = @start_date and r.quote_id = p.quote_id
where p.game_date = @start_date and p.universal_player_id = @player_id
order by p.snapshot_at, p.bookmaker, p.line_x10, p.quote_id
"""

_VECTORS = """
select features_hash, feature_version, features_json, sources_json, first_batch_id
from nba_predictions.prediction_inputs
where game_date = @start_date and universal_player_id = @player_id
"""

_GAMES = """
select
    s.game_date, s.game_id, s.team_abbr, s.opponent_abbr, s.is_home, s.minutes, s.points, s.fgm, s.fga, s.fg3m, s.fg3a,
    s.ftm, s.fta, s.usage_pct, r.source, r.payload_ref
from nba_analytics.player_game_summary as s
left join nba_raw.player_box_scores as r
    on r.game_date = s.game_date
    and r.game_date >= @history_start and r.game_date < @start_date
    and r.game_id = s.game_id
    and concat('nba_', cast(r.source_player_id as string)) = s.universal_player_id
where s.game_date >= @history_start and s.game_date < @start_date
    and s.universal_player_id = @player_id and s.participation = 'played'
order by s.game_date desc, s.game_id desc
"""

_NAMES = """
select player_name, event_key, method
from nba_reference.name_resolution
where game_date = @start_date and universal_player_id = @player_id
order by player_name, event_key
"""

_REPORTS = """
select i.injury_status, i.injury_reason, i.injury_reported_at, i.player_name, i.team_abbr, i.source, i.payload_ref
from nba_raw.injury_reports as i
inner join nba_reference.name_resolution as r
    on r.game_date = i.game_date and r.player_name = i.player_name and r.event_key = i.team_abbr
where i.game_date = @start_date and r.game_date = @start_date and r.universal_player_id = @player_id
order by i.injury_reported_at, i.team_abbr, i.player_name
"""

_CONTEXT = """
select
    c.game_id, c.player_name, c.player_lookup, c.team_abbr, c.opponent_abbr, c.is_home, c.tip_at, c.as_of_at,
    c.as_of_basis, c.run_mode, c.roster_source, c.is_production_ready, c.not_ready_reason, c.avg_minutes_last_10,
    c.last_played_date, c.completeness_pct, s.payload_ref as schedule_payload_ref
from nba_analytics.upcoming_player_game_context as c
left join nba_raw.schedule as s on s.game_date = c.game_date and s.game_date = @start_date and s.game_id = c.game_id
where c.game_date = @start_date and c.universal_player_id = @player_id
"""


_SHIFTS = """
select p.player_name, p.universal_player_id, p.projected_minutes, p.minutes_from_absences, p.usage_adjustment, p.absent_teammates
from nba_predictions.player_prop_predictions as p
inner join nba_analytics.upcoming_player_game_context as c
    on c.game_date = p.game_date and c.game_id = p.game_id and c.team_abbr = p.team_abbr
where p.game_date = @start_date and c.game_date = @start_date and c.universal_player_id = @player_id
    and p.is_active and p.is_main_line and p.minutes_from_absences is not null
order by p.minutes_from_absences desc, p.player_name, p.universal_player_id, p.system_id
"""


@dataclass(frozen=True)
class Feature:
    """One input as it was used."""

    name: str
    value: float | None
    source: str


@dataclass(frozen=True)
class Vector:
    """The feature vector that predictions used, by its hash; `systems` are those that used it."""

    features_hash: str
    feature_version: str
    first_batch_id: str
    systems: tuple[str, ...]
    features: tuple[Feature, ...]

    def value(self, name: str) -> float | None:
        return next((feature.value for feature in self.features if feature.name == name), None)


@dataclass(frozen=True)
class Agreement:
    """A mean of the games listed, beside the same mean as the prediction used it."""

    feature: str
    as_used: float | None
    from_games: float | None

    @property
    def agrees(self) -> bool:
        if self.as_used is None or self.from_games is None:
            return self.as_used is self.from_games
        return abs(self.as_used - self.from_games) < _MEAN_TOLERANCE


@dataclass(frozen=True)
class Trace:
    """One player of one slate, traced. Rows are dictionaries of the queries' columns; instants are UTC.

    predictions: main-line rows in force, or a system's typed refusal, one a system; ladder: the other rungs in force;
    quotes: each with `choice` (chosen, or why not); shifts: his team's players, each with the minutes and points that tonight's
    absences bring him, and who is absent; missing: the reason where nothing is in force.
    """

    game_date: date
    universal_player_id: str
    player_name: str
    context: Row | None
    predictions: tuple[Row, ...]
    ladder: tuple[Row, ...]
    batches: tuple[Row, ...]
    quotes: tuple[Row, ...]
    vectors: tuple[Vector, ...]
    games: tuple[Row, ...]
    agreements: tuple[Agreement, ...]
    shifts: tuple[Row, ...]
    names: tuple[Row, ...]
    injury_reports: tuple[Row, ...]
    missing: Row | None

    @property
    def is_predicted(self) -> bool:
        return any(row["is_active"] for row in self.predictions)

    def to_dict(self) -> Row:
        """The whole as plain values."""
        found = asdict(self)
        found["agreements"] = [asdict(one) | {"agrees": one.agrees} for one in self.agreements]
        return found | {"is_predicted": self.is_predicted}


def explain(platform: Platform, day: date, player_id: str, player_name: str, system: str | None = None) -> Trace:
    """The trace of a player's published numbers on a slate, of one system or all.

    A player without any number comes with the reason he is missing; BadInput only for a system that said nothing of one
    whom others predicted.
    """
    ask = _Asker(platform, day, player_id)
    rows = ask(_PREDICTIONS)
    said = _latest_word(rows)
    if system is not None and said and system not in {row["system_id"] for row in said}:
        raise BadInput(
            f"{system} said nothing of {player_name} on {day}.",
            next_step=f"systems that did: {', '.join(row['system_id'] for row in said)}",
        )
    mine = [row for row in said if system in (None, row["system_id"])]
    games = ask(_GAMES, history_start=day - timedelta(_HISTORY_DAYS))[:GAMES_SHOWN]
    vectors = _vectors(ask(_VECTORS), mine)
    context = next(iter(ask(_CONTEXT)), None)
    return Trace(
        game_date=day,
        universal_player_id=player_id,
        player_name=player_name,
        context=context,
        predictions=tuple(mine),
        ladder=tuple(r for r in rows if r["is_active"] and not r["is_main_line"] and system in (None, r["system_id"])),
        batches=tuple(ask(_BATCHES, batch_ids=sorted({row["batch_id"] for row in mine}))),
        quotes=tuple(_judged(ask(_QUOTES), mine, context)),
        vectors=vectors,
        games=tuple(games),
        agreements=_agreements(vectors, games),
        shifts=tuple(ask(_SHIFTS)),
        names=tuple(ask(_NAMES)),
        injury_reports=tuple(ask(_REPORTS)),
        missing=None if any(row["is_active"] for row in said) else _missing(platform, day, player_id, context),
    )


@dataclass(frozen=True)
class _Asker:
    platform: Platform
    day: date
    player_id: str

    def __call__(self, sql: str, **more: Any) -> list[Row]:
        values = {"start_date": self.day, "player_id": self.player_id} | more
        rows: list[Row] = self.platform.warehouse.query(sql, values).to_pylist()
        return rows


def _latest_word(rows: Sequence[Row]) -> list[Row]:
    """Of each system its main-line row in force, or else the latest refusal with its code."""
    said: dict[str, Row] = {}
    for row in rows:
        if row["is_active"] and row["is_main_line"]:
            said[row["system_id"]] = row
    for row in reversed(rows):
        if row["prediction_error_code"] is not None:
            said.setdefault(row["system_id"], row)
    return [said[system] for system in sorted(said)]


# -- quotes ------------------------------------------------------------------------------------------------------------


def _judged(quotes: Sequence[Row], predictions: Sequence[Row], context: Row | None) -> list[Row]:
    """Each quote with `choice`: chosen, or the first rule of the main line that passed it over.

    The rules are those of `sql/analytics/upcoming_player_game_context.sql`: usable and seen before `as_of`; two-sided
    before one-sided; the best-ranked book; its latest snapshot; of several at one instant the most balanced.
    """
    used = next((row for row in predictions if row["has_prop_line"] and row["is_active"]), None)
    as_of = used["as_of_at"] if used else (context["as_of_at"] if context else None)
    chosen = next((quote for quote in quotes if used is not None and _is_used(quote, used)), None)
    return [quote | {"choice": _choice(quote, chosen, as_of)} for quote in quotes]


def _is_used(quote: Row, used: Row) -> bool:
    """TRUE for the quote whose line, book, time and prices the prediction carries."""
    return (
        quote["bookmaker"] == used["sportsbook"]
        and quote["line"] == used["main_points_line"]
        and quote["snapshot_at"] == used["line_snapshot_at"]
        and quote["over_price_american"] == used["over_price_american"]
        and quote["under_price_american"] == used["under_price_american"]
    )


def _choice(quote: Row, chosen: Row | None, as_of: datetime | None) -> str:
    if chosen is not None and quote["quote_id"] == chosen["quote_id"]:
        return "chosen: the latest two-sided quote of the best-ranked book" if _is_two_sided(quote) else "chosen"
    if not quote["is_usable"]:
        return f"not usable: {quote['rejection_reason']}"
    if as_of is not None and quote["snapshot_at"] >= as_of:
        return f"seen after {as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC, the instant of knowledge"
    if chosen is None:
        return "usable, but no published number uses a line"
    if _is_two_sided(chosen) and not _is_two_sided(quote):
        return "one-sided: only one price is listed"
    if quote["bookmaker"] != chosen["bookmaker"]:
        return f"book ranks {quote['book_rank']}, after {chosen['bookmaker']} ({chosen['book_rank']})"
    if quote["snapshot_at"] < chosen["snapshot_at"]:
        return "older than the chosen quote of the same book"
    if quote["snapshot_at"] > chosen["snapshot_at"]:
        return "came after this prediction's features were built"
    return "same instant, prices less balanced: an alternate line"


def _is_two_sided(quote: Row) -> bool:
    return quote["over_price_american"] is not None and quote["under_price_american"] is not None


# -- features and games ------------------------------------------------------------------------------------------------


def _vectors(stored: Sequence[Row], predictions: Sequence[Row]) -> tuple[Vector, ...]:
    """The vectors that these predictions used, with the provenance of each value."""
    users: dict[str, list[str]] = {}
    for row in predictions:
        users.setdefault(row["features_hash"], []).append(row["system_id"])
    return tuple(
        Vector(
            row["features_hash"],
            row["feature_version"],
            row["first_batch_id"],
            tuple(users[row["features_hash"]]),
            _features(json.loads(row["features_json"]), json.loads(row["sources_json"])),
        )
        for row in stored
        if row["features_hash"] in users
    )


def _features(values: Mapping[str, float | None], sources: Mapping[str, str]) -> tuple[Feature, ...]:
    return tuple(Feature(name, value, sources.get(name, "computed")) for name, value in values.items())


def _agreements(vectors: Sequence[Vector], games: Sequence[Row]) -> tuple[Agreement, ...]:
    """Means of the games listed beside those used: they part where a box score was corrected since."""
    if not vectors:
        return ()
    points = [game["points"] for game in games]
    return tuple(
        Agreement(name, vectors[-1].value(name), sum(points[:count]) / len(points[:count]) if points else None)
        for name, count in _AVERAGES.items()
    )


# -- a player without a number -----------------------------------------------------------------------------------------


def _missing(platform: Platform, day: date, player_id: str, context: Row | None) -> Row:
    """Why: by the SELECT that builds `missing_predictions`, asked now, so that it needs no earlier run."""
    sql = read_sql(table("nba_monitoring.missing_predictions"))
    found = platform.warehouse.query(sql, {"start_date": day, "end_date": day}).to_pylist()
    for row in found:
        if row["universal_player_id"] == player_id:
            return {name: row[name] for name in ("reason", "detail", "is_expected", "is_by_design")}
    detail = (
        "on neither roster of any game of the slate, as known before it, and in no quote"
        if context is None
        else "in the slate's context, and in no list of missing players: report it as a bug"
    )
    return {"reason": "not_on_slate", "detail": detail, "is_expected": False, "is_by_design": True}
