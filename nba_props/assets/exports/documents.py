"""From rows to documents: pure assembling, one date at a time.

Not here: what is read (`queries.py`), what a document is (`payloads.py`), and whether it goes out (`publish.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from nba_props.assets.exports.payloads import (
    GradedGame,
    GradedPlayer,
    MissingPlayer,
    PredictedGame,
    PredictedPlayer,
    Prediction,
    Predictions,
    Prop,
    Results,
    Rung,
    Scores,
    SourceBatch,
    SystemDay,
    SystemGrade,
    SystemPrediction,
    Tonight,
    TonightGame,
    TonightPlayer,
)
from nba_props.assets.exports.queries import Row
from nba_props.health import Finding, Level, SlateFacts, State

SHOWN_FIRST = (
    "ensemble_v1",
    "minutes_rate_v1",
    "ridge_v1",
    "xgboost_v1",
    "moving_average",
    "zone_matchup_v1",
    "similarity_balanced_v1",
)
"""Whose prediction stands for a player: the ensemble's, else the next by weight in it; others come last."""

UNEXPLAINED = "unknown"
"""No prediction and no reason on record: a bug, or monitoring that is older than the predictions."""

FRESH_FROM, NORMAL_FROM = 85.0, 65.0
FORM_POINTS = 3.0
LIMITED_DATA_BELOW_GAMES = 10


def predictions_document(
    facts: SlateFacts,
    findings: Sequence[Finding],
    rows: Sequence[Row],
    missing: Sequence[Row],
    results: Sequence[Row],
    now: datetime,
) -> Predictions:
    """`rows` are the active predictions of the date, ordered by game, player, system and line."""
    players: dict[str, list[PredictedPlayer]] = defaultdict(list)
    for (game_id, _), own in groupby(rows, key=_game_and_player):
        players[game_id].append(_predicted_player(list(own)))
    games = [
        PredictedGame(**game, player_count=len(players[game["game_id"]]), players=players[game["game_id"]])
        for game in _games(facts, rows, results, now)
    ]
    return Predictions(
        **_header(facts, findings, now),
        total_players=sum(game.player_count for game in games),
        total_predictions=len(rows),
        games=games,
        missing=_missing(missing, {row["universal_player_id"] for row in rows}),
    )


def tonight_document(
    facts: SlateFacts,
    findings: Sequence[Finding],
    slate: Sequence[Row],
    rows: Sequence[Row],
    missing: Sequence[Row],
    recent: Sequence[Row],
    results: Sequence[Row],
    grades: Sequence[Row],
    now: datetime,
) -> Tonight:
    """Everyone on the slate or with an active prediction, in his game; predicted players first, highest first."""
    shown = {key: _shown(list(own)) for key, own in groupby(rows, key=_game_and_player)}
    graded = {(row["game_id"], row["universal_player_id"], row["system_id"]): row for row in grades}
    why = {row["universal_player_id"]: row["reason"] for row in missing}
    last = {player: list(own) for player, own in groupby(recent, key=lambda row: row["universal_player_id"])}
    people = {_game_and_player(row): row for row in rows} | {_game_and_player(row): row for row in slate}
    players: dict[str, list[TonightPlayer]] = defaultdict(list)
    for (game_id, player), person in people.items():
        prediction = shown.get((game_id, player))
        grade = graded.get((game_id, player, prediction.system_id)) if prediction else None
        players[game_id].append(_tonight_player(person, prediction, why.get(player), last.get(player, []), grade))
    games = [
        TonightGame(**game, player_count=len(listed), players=listed)
        for game in _games(facts, rows, results, now)
        for listed in [sorted(players[game["game_id"]], key=_highest_first)]
    ]
    listed = [player for game in games for player in game.players]
    return Tonight(
        **_header(facts, findings, now),
        total_players=len(listed),
        total_with_lines=sum(player.has_line for player in listed),
        total_predicted=sum(player.prediction is not None for player in listed),
        games=games,
        missing=_missing(missing, {player.universal_player_id for player in listed}),
    )


def results_document(
    facts: SlateFacts,
    findings: Sequence[Finding],
    grades: Sequence[Row],
    systems: Sequence[Row],
    results: Sequence[Row],
    now: datetime,
) -> Results:
    """`grades` are graded predictions of the date, ordered by game, player and system."""
    players: dict[str, list[GradedPlayer]] = defaultdict(list)
    for (game_id, _), own in groupby(grades, key=_game_and_player):
        players[game_id].append(_graded_player(list(own)))
    games = [
        GradedGame(**game, player_count=len(players[game["game_id"]]), players=players[game["game_id"]])
        for game in _games(facts, grades, results, now)
    ]
    return Results(
        **_header(facts, findings, now),
        total_players=sum(game.player_count for game in games),
        systems=[SystemDay(**{name: row[name] for name in SystemDay.model_fields}) for row in systems],
        games=games,
    )


def document_state(facts: SlateFacts, findings: Iterable[Finding]) -> State:
    """How a document that is published is marked; what keeps one from being published is the gate's affair."""
    if max((finding.level for finding in findings), default=Level.NOTE) >= Level.DEGRADED:
        return State.DEGRADED
    return State.READY if facts.games else State.NO_SLATE


def fatigue_level(score: float | None) -> str | None:
    """fresh, normal or tired, from the score of 0-100 where higher is fresher."""
    if score is None:
        return None
    return "fresh" if score >= FRESH_FROM else "normal" if score >= NORMAL_FROM else "tired"


def recent_form(last_5_ppg: float | None, season_ppg: float | None) -> str | None:
    """Hot or Cold from 3 points a game above or below the season, else Neutral; None where either is unknown."""
    if last_5_ppg is None or season_ppg is None:
        return None
    gap = last_5_ppg - season_ppg
    return "Hot" if gap >= FORM_POINTS else "Cold" if gap <= -FORM_POINTS else "Neutral"


# -- parts -------------------------------------------------------------------------------------------------------------


def _header(facts: SlateFacts, findings: Sequence[Finding], now: datetime) -> dict[str, Any]:
    in_force = {one["batch_id"] for one in facts.active_batches}
    return {
        "game_date": facts.game_date,
        "generated_at": now,
        "verdict": document_state(facts, findings),
        "reasons": [finding.what for finding in findings],
        "coverage_pct": facts.coverage_pct,
        "predictions_changed_at": facts.changed_at,
        "batches": [
            SourceBatch(**{name: batch[name] for name in SourceBatch.model_fields})
            for batch in facts.batches
            if batch["batch_id"] in in_force
        ],
    }


def _games(facts: SlateFacts, rows: Iterable[Row], results: Iterable[Row], now: datetime) -> list[dict[str, Any]]:
    """Scheduled games, and after them any that rows name and the schedule does not: nobody drops out unseen."""
    final = {row["game_id"]: Scores(home=row["home_points"], away=row["away_points"]) for row in results}
    scheduled = {game["game_id"]: game for game in facts.games}
    strangers = {row["game_id"]: row for row in rows if row["game_id"] not in scheduled}
    games = [
        {
            "game_id": game_id,
            "home_team": game["home_team"],
            "away_team": game["away_team"],
            "game_time": game["tip_at"],
            "game_status": _status(game["tip_at"], game_id in final, now),
            "scores": final.get(game_id),
        }
        for game_id, game in scheduled.items()
    ]
    return games + [_stranger(row) for row in strangers.values()]


def _status(tip_at: datetime | None, is_final: bool, now: datetime) -> str:
    if is_final:
        return "final"
    return "started" if tip_at is not None and tip_at <= now else "scheduled"


def _stranger(row: Row) -> dict[str, Any]:
    teams = (row["team_abbr"], row["opponent_abbr"])
    home, away = teams if row["is_home"] else teams[::-1]
    return {
        "game_id": row["game_id"],
        "home_team": home,
        "away_team": away,
        "game_time": None,
        "game_status": "not_scheduled",
        "scores": None,
    }


def _missing(rows: Iterable[Row], listed: set[str]) -> list[MissingPlayer]:
    """Those whom the document does not name already."""
    fields = MissingPlayer.model_fields
    return [
        MissingPlayer(**{name: row[name] for name in fields})
        for row in rows
        if row["universal_player_id"] not in listed
    ]


def _game_and_player(row: Row) -> tuple[str, str]:
    return row["game_id"], row["universal_player_id"]


# -- predictions -------------------------------------------------------------------------------------------------------


def _predicted_player(rows: Sequence[Row]) -> PredictedPlayer:
    first = rows[0]
    return PredictedPlayer(
        player_lookup=first["player_lookup"],
        universal_player_id=first["universal_player_id"],
        name=first["player_name"],
        team=first["team_abbr"],
        opponent=first["opponent_abbr"],
        is_home=first["is_home"],
        systems=[_system_prediction(list(own)) for _, own in groupby(rows, key=lambda row: row["system_id"])],
    )


_RENAMED = {"main_line": "main_points_line", "over_odds": "over_price_american", "under_odds": "under_price_american"}


def _system_prediction(rows: Sequence[Row]) -> SystemPrediction:
    main = _main_row(rows) or rows[0]
    fields = SystemPrediction.model_fields.keys() - {"ladder"}
    facts = {name: main[_RENAMED.get(name, name)] for name in fields}
    return SystemPrediction(**facts, ladder=[_rung(row) for row in rows])


def _rung(row: Row) -> Rung:
    return Rung(
        prediction_id=row["prediction_id"],
        line=row["current_points_line"],
        is_main_line=row["is_main_line"],
        recommendation=row["recommendation"],
        confidence=row["confidence_score"],
        line_margin=row["line_margin"],
        over_prob=row["over_prob"],
        under_prob=row["under_prob"],
        push_prob=row["push_prob"],
    )


def _main_row(rows: Iterable[Row]) -> Row | None:
    return next((row for row in rows if row["is_main_line"]), None)


# -- tonight -----------------------------------------------------------------------------------------------------------


def _shown(rows: Iterable[Row]) -> Prediction | None:
    """The main-line prediction of the best system that has one."""
    mains = [row for row in rows if row["is_main_line"]]
    best = min(mains, key=_preference, default=None)
    return _prediction(best, _factors(best, mains)) if best else None


def _preference(row: Row) -> tuple[int, str]:
    system = row["system_id"]
    return SHOWN_FIRST.index(system) if system in SHOWN_FIRST else len(SHOWN_FIRST), system


def _tonight_player(
    person: Row, prediction: Prediction | None, reason: str | None, last: Sequence[Row], grade: Row | None
) -> TonightPlayer:
    """`person` is a row of the slate or, for a player no longer on it, of his prediction: then form is unknown."""
    known: Mapping[str, Any] = defaultdict(lambda: None, person)
    score, season, last_5 = known["fatigue_score"], known["points_avg_season"], known["points_avg_last_5"]
    games = known["games_played_season"]
    props = _props(person)
    return TonightPlayer(
        player_lookup=person["player_lookup"],
        universal_player_id=person["universal_player_id"],
        name=person["player_name"],
        team=person["team_abbr"],
        is_home=person["is_home"],
        has_line=bool(props),
        fatigue_level=fatigue_level(score),
        fatigue_score=score,
        days_rest=known["days_rest"],
        injury_status=known["injury_status"],
        injury_reason=known["injury_reason"],
        season_ppg=season,
        season_mpg=known["minutes_avg_season"],
        last_5_ppg=last_5,
        games_played=games,
        limited_data=None if games is None else games < LIMITED_DATA_BELOW_GAMES,
        recent_form=recent_form(last_5, season),
        last_10_points=[game["points"] for game in last],
        last_10_lines=[game["points_line"] for game in last],
        last_10_minutes=[game["minutes"] for game in last],
        last_10_results=[game["result"] for game in last],
        props=props,
        prediction=prediction,
        no_prediction_reason=None if prediction else reason or UNEXPLAINED,
        actual_points=grade["actual_points"] if grade else None,
        result=grade["result"] if grade else None,
    )


def _props(person: Row) -> list[Prop]:
    """The line as the slate knows it; a player no longer on it has that of his prediction."""
    line = person.get("main_points_line", person["current_points_line"])
    if line is None:
        return []
    over, under = person["over_price_american"], person["under_price_american"]
    return [Prop(stat_type="points", line=line, over_odds=over, under_odds=under)]


def _prediction(row: Row, factors: list[str]) -> Prediction:
    return Prediction(
        system_id=row["system_id"],
        prediction_id=row["prediction_id"],
        predicted=row["predicted_points"],
        anchored=row["anchored_points"],
        anchor_weight=row["anchor_weight"],
        anchor_weight_low=row["anchor_weight_low"],
        anchor_weight_high=row["anchor_weight_high"],
        market_over_prob=row["market_over_prob"],
        edge=row["edge"],
        expected_value=row["expected_value"],
        projected_minutes=row["projected_minutes"],
        confidence=row["confidence_score"],
        recommendation=row["recommendation"],
        line=row["current_points_line"],
        factors=factors,
    )


def _factors(shown: Row, mains: Iterable[Row]) -> list[str]:
    """What moved the number. A system without adjustments, as the ensemble, borrows the best other's, and says whose."""
    for row in sorted(mains, key=lambda row: (row["system_id"] != shown["system_id"], *_preference(row))):
        factors = [factor.strip() for factor in (row["key_factors"] or "").split(",") if factor.strip()]
        if factors:
            whose = "" if row["system_id"] == shown["system_id"] else f" ({row['system_id']})"
            return [factor + whose for factor in factors]
    return []


def _highest_first(player: TonightPlayer) -> tuple[bool, float, str]:
    predicted = player.prediction.predicted if player.prediction else 0.0
    return player.prediction is None, -predicted, player.player_lookup


# -- results -----------------------------------------------------------------------------------------------------------


def _graded_player(rows: Sequence[Row]) -> GradedPlayer:
    first = rows[0]
    return GradedPlayer(
        player_lookup=first["player_lookup"],
        universal_player_id=first["universal_player_id"],
        name=first["player_name"],
        team=first["team_abbr"],
        is_home=first["is_home"],
        actual_points=first["actual_points"],
        participation=first["participation"],
        systems=[_grade(row) for row in rows],
    )


def _grade(row: Row) -> SystemGrade:
    renamed = {"line": "current_points_line", "confidence": "confidence_score"}
    return SystemGrade(**{name: row[renamed.get(name, name)] for name in SystemGrade.model_fields})
