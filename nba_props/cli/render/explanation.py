"""One published number, traced to raw rows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from nba_props.cli.screen import minute, number, show, table

if TYPE_CHECKING:
    from nba_props.explain import Trace

_QUOTES_SHOWN = 30


def trace(found: "Trace") -> None:
    """One player of one slate, from the published number back to raw rows."""
    _headline(found)
    if found.missing:
        show(
            f"[yellow]no number is in force[/yellow]: {found.missing['reason']}, {escape(found.missing['detail'] or '')}"
        )
    if found.predictions:
        _numbers(found)
        _two_numbers(found)
        _rungs(found)
        _batches(found)
    _shifts(found)
    _quotes(found)
    _vectors(found)
    _games(found)
    _sources(found)


def _headline(found: "Trace") -> None:
    known = found.context or {}
    show(f"[bold]{escape(found.player_name)}[/bold] ({found.universal_player_id}) on {found.game_date}")
    if known:
        place = "against" if known["is_home"] else "at"
        show(
            f"  {known['team_abbr']} {place} {known['opponent_abbr']}, game {known['game_id']}, tip {minute(known['tip_at'])}"
        )
        show(
            f"  known as of {minute(known['as_of_at'])} ({known['as_of_basis']}, {known['run_mode']});"
            f" on the roster by {known['roster_source']}; {number(known['avg_minutes_last_10'])} minutes a game"
        )


def _numbers(found: "Trace") -> None:
    rows = [
        (
            row["system_id"],
            number(row["predicted_points"], ".2f"),
            number(row["predicted_median"], ".1f"),
            f"{number(row['interval_80_low'], '.0f')}-{number(row['interval_80_high'], '.0f')}",
            number(row["current_points_line"]),
            row["recommendation"],
            number(row["confidence_score"], ".3f"),
            number(row["over_prob"], ".3f"),
            row["prediction_error_code"] or row["key_factors"],
            row["warnings"],
            row["model_version"],
        )
        for row in found.predictions
    ]
    headings = (
        "system",
        "mean",
        "median",
        "80 %",
        "line",
        "pick",
        "confidence",
        "P(over)",
        "factors or refusal",
        "warnings",
        "model",
    )
    show(table(headings, rows, title="predictions in force (main line)", right=(1, 2, 4, 6, 7)))


def _two_numbers(found: "Trace") -> None:
    """The independent number, the anchored one and what the market says, by system."""
    rows = [
        (
            row["system_id"],
            number(row["raw_points"], ".2f"),
            number(row["predicted_points"], ".2f"),
            number(row["anchored_points"], ".2f"),
            _weight(row),
            number(row["independent_over_prob"], ".3f"),
            number(row["over_prob"], ".3f"),
            number(row["market_over_prob"], ".3f"),
            number(row["edge"], "+.3f"),
            number(row["expected_value"], "+.3f"),
            row["calibration_id"] or "none yet",
        )
        for row in found.predictions
        if row["prediction_error_code"] is None
    ]
    headings = (
        "system",
        "own",
        "independent",
        "anchored",
        "own weight [95 %]",
        "P(over) alone",
        "P(over)",
        "market",
        "edge",
        "EV",
        "calibration",
    )
    show(table(headings, rows, title="two numbers: alone, and drawn to the market", right=tuple(range(1, 10))))


def _weight(row: Mapping[str, Any]) -> str:
    weight, low, high = (number(row[f"anchor_weight{end}"], ".2f") for end in ("", "_low", "_high"))
    return f"{weight} [{low}, {high}]"


def _shifts(found: "Trace") -> None:
    """Who is expected to be missing, and to whom his minutes go."""
    absent = dict.fromkeys(
        name for row in found.shifts if row["absent_teammates"] for name in row["absent_teammates"].split(", ")
    )
    if not absent:
        return
    show("", f"[bold]expected to be missing[/bold]: {escape(', '.join(absent))}")
    rows = [
        (
            f"{row['player_name']}{' (this player)' if row['universal_player_id'] == found.universal_player_id else ''}",
            number(row["projected_minutes"], ".1f"),
            number(row["minutes_from_absences"], "+.1f"),
            number(row["usage_adjustment"], "+.1f"),
        )
        for row in found.shifts
    ]
    headings = ("team-mate", "minutes", "of which from absences", "points from absences")
    show(table(headings, rows, title="where their minutes go, beyond the usual", right=(1, 2, 3)))


def _rungs(found: "Trace") -> None:
    if found.ladder:
        by_system: dict[str, list[str]] = {}
        for row in found.ladder:
            by_system.setdefault(row["system_id"], []).append(f"{row['current_points_line']:g}: {row['over_prob']:.2f}")
        show(
            "[bold]other rungs, P(over)[/bold]", *(f"  {name}: {', '.join(rungs)}" for name, rungs in by_system.items())
        )


def _batches(found: "Trace") -> None:
    show("", "[bold]batches[/bold]")
    for row in found.batches:
        show(
            f"  {row['batch_id']}: {row['run_mode']}, knew until {minute(row['batch_as_of_at'])}, {row['state']} at"
            f" {minute(row['consolidated_at'])}, scope {escape(row['scope'])}, Dagster run {row['run_id']}"
        )


def _quotes(found: "Trace") -> None:
    if not found.quotes:
        show("", "no book quoted him")
        return
    near = sorted(
        found.quotes, key=lambda row: (not row["choice"].startswith("chosen"), -row["snapshot_at"].timestamp())
    )
    rows = [
        (
            minute(row["snapshot_at"]),
            row["bookmaker"],
            number(row["line"]),
            number(row["over_price_american"], "+.0f"),
            number(row["under_price_american"], "+.0f"),
            row["player_name"],
            row["choice"],
            row["payload_ref"],
        )
        for row in near[:_QUOTES_SHOWN]
    ]
    headings = ("seen", "book", "line", "over", "under", "spelled", "why", "raw row")
    title = f"quotes: {len(found.quotes)}" + (f", {len(rows)} shown (--json has all)" if len(near) > len(rows) else "")
    show(table(headings, rows, title=title, right=(2, 3, 4)))


def _vectors(found: "Trace") -> None:
    for vector in found.vectors:
        rows = [(one.name, number(one.value, ".6g"), one.source) for one in vector.features]
        title = (
            f"features as used: {vector.feature_version}, hash {vector.features_hash}, first in {vector.first_batch_id}"
        )
        show(table(("feature", "value", "where from"), rows, title=title, right=(1,)))


def _games(found: "Trace") -> None:
    if not found.games:
        show("no game played in the 400 days before")
        return
    rows = [
        (
            row["game_date"],
            f"{'vs' if row['is_home'] else '@'} {row['opponent_abbr']}",
            number(row["minutes"]),
            row["points"],
            f"{row['fgm']}/{row['fga']}",
            f"{row['fg3m']}/{row['fg3a']}",
            f"{row['ftm']}/{row['fta']}",
            row["game_id"],
            row["payload_ref"],
        )
        for row in found.games
    ]
    headings = ("date", "game", "minutes", "points", "FG", "3P", "FT", "game id", "raw row")
    show(table(headings, rows, title="games before it (the last 10 played)", right=(2, 3)))
    for one in found.agreements:
        said = "[green]agrees[/green]" if one.agrees else "[yellow]differs: a box score was corrected since[/yellow]"
        show(
            f"  {one.feature}: used {number(one.as_used, '.2f')}, these games give {number(one.from_games, '.2f')}, {said}"
        )


def _sources(found: "Trace") -> None:
    show("", "[bold]name[/bold]")
    show(*(f"  {escape(row['player_name'])} {row['event_key']}: by {row['method']}" for row in found.names))
    if not found.names:
        show("  no source of the slate spells it; the roster has the id")
    if found.injury_reports:
        show("[bold]injury reports[/bold]")
        for row in found.injury_reports:
            show(
                f"  {minute(row['injury_reported_at'])}: {row['injury_status']}, {escape(row['injury_reason'] or '')}, {row['payload_ref']}"
            )
