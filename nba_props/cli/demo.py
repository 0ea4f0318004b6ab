"""`demo`: a simulated league, a few game days and tonight, end to end in a home of its own."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_props.cli import shared
from nba_props.cli.screen import minute, note, number, show, table
from nba_props.cli.shared import Home

if TYPE_CHECKING:
    from nba_props.platform import Platform
    from nba_props.simulate.league import League

DEFAULT_HOME = Path(".nba_props") / "demo"
_TONIGHT = -4
"""Tonight is the fourth date from the league's end: the schedule goes on after it, as a real one does."""
_BEFORE_TIP = timedelta(minutes=90)
_MARK = "SIMULATED.txt"

_PICKS = """
select
    player_name, team_abbr, opponent_abbr, is_home, sportsbook, current_points_line, predicted_points, recommendation,
    confidence_score, line_margin
from nba_predictions.player_prop_predictions
where game_date = @start_date and is_active and is_main_line and has_prop_line and system_id = 'ensemble_v1'
order by abs(line_margin) desc, player_name
limit 12
"""


def demo(
    days: Annotated[int, typer.Option("--days", min=1, max=20, help="Game days before tonight to play and grade.")] = 2,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed is another league.")] = 7,
    home: Home = None,
) -> None:
    """See it work without any data: a simulated league, the last game days graded, and tonight's slate."""
    from nba_props.platform import Platform

    began = time.monotonic()
    chosen = shared.platform_of(home).home if _is_home_given(home) else DEFAULT_HOME
    note(f"simulated league in {chosen}; your own data is not touched")
    timings: list[tuple[str, float]] = []
    league, tonight = _simulated(seed, timings)
    settings = shared.platform_of(chosen).settings.model_copy(update={"now": _evening(league, tonight)})
    platform = Platform(settings)
    _refuse_other_data(platform, seed)
    played = [day for day in league.game_dates if day < tonight][-days:]
    failures = _play(platform, league, [*played, tonight], timings)

    from nba_props.cli import render
    from nba_props.cli.grades import grades_of
    from nba_props.cli.verdicts import exit_code, verdict_of

    verdict = verdict_of(platform, tonight)
    show("", _picks(platform, tonight))
    for day in played:
        show(render.grades_table(grades_of(platform, day, day)))
    render.verdict(verdict)
    render.failures(failures)
    _say_timings(timings, time.monotonic() - began)
    _say_where(platform, tonight)
    raise typer.Exit(exit_code([verdict.verdict], failures))


def _is_home_given(home: Path | None) -> bool:
    """TRUE if a person chose a home, by option or by environment: otherwise the demo keeps to its own."""
    from nba_props.settings import Settings, load_settings

    default = Settings.model_fields["home"].default
    return home is not None or shared.platform_of(None).settings.home != default or load_settings().home != default


def _simulated(seed: int, timings: list[tuple[str, float]]) -> "tuple[League, date]":
    """The league as known tonight. The traps of its quotes (a pair, an unknown person) are tonight's."""
    from nba_props.simulate.league import LeagueConfig, simulate_league
    from nba_props.simulate.schedule import draw_schedule

    began = time.monotonic()
    plain = LeagueConfig(seed=seed)
    schedule = draw_schedule(seed, plain.start, plain.days, plain.teams)
    tonight = plain.start + timedelta(days=int(sorted(set(schedule.day))[_TONIGHT]))
    league = simulate_league(replace(plain, trap_date=tonight)).until(tonight)
    timings.append(("simulating the league", time.monotonic() - began))
    return league, tonight


def _evening(league: "League", tonight: date) -> datetime:
    """A while before the first tip of the slate."""
    tips = league.games.loc[league.games["game_date"].dt.date == tonight, "tip_utc"].dropna()
    first: datetime = tips.min().to_pydatetime()
    return (first - _BEFORE_TIP).astimezone(UTC)


def _refuse_other_data(platform: "Platform", seed: int) -> None:
    """A home with other archives in it, or another league, would be mixed with this one; a new home is marked as ours."""
    from nba_props.errors import BadInput
    from nba_props.io.landing import landed_archives

    mark, text = platform.home / _MARK, f"The data of this home is a simulated league: nba-props demo --seed {seed}\n"
    is_mine = mark.exists() and mark.read_text() == text
    if not is_mine and (mark.exists() or landed_archives(platform.store)):
        held = mark.read_text().strip() if mark.exists() else "Imported data is in it."
        raise BadInput(
            f"{platform.home} holds other data, and this league would be mixed into it. {held}",
            next_step=f"choose another home: nba-props demo --seed {seed} --home {DEFAULT_HOME}_{seed}",
        )
    platform.home.mkdir(parents=True, exist_ok=True)
    mark.write_text(text)


def _play(platform: "Platform", league: "League", days: Sequence[date], timings: list[tuple[str, float]]) -> list[str]:
    """Import the league, then every layer over the dates."""
    from nba_props.cli.importing import import_archive
    from nba_props.cli.runs import request_of, runs
    from nba_props.io.sources.archive import discover
    from nba_props.simulate.league import write_archive

    with tempfile.TemporaryDirectory() as directory, runs(platform) as started:
        started.progress("writing the archive")
        write_archive(league, Path(directory))
        import_archive(started, discover(Path(directory)))

        from nba_props.plan import run_dates

        run_dates(started.runner, days, request_of())
    timings += started.progress.finished
    return started.outcome.failures


def _picks(platform: "Platform", tonight: date) -> Any:
    rows = platform.warehouse.query(_PICKS, {"start_date": tonight}).to_pylist()
    cells = [
        (
            row["player_name"],
            f"{row['team_abbr']} {'vs' if row['is_home'] else '@'} {row['opponent_abbr']}",
            number(row["current_points_line"]),
            number(row["predicted_points"]),
            number(row["line_margin"], "+.1f"),
            row["recommendation"],
            number(row["confidence_score"], ".2f"),
            row["sportsbook"],
        )
        for row in rows
    ]
    headings = ("player", "game", "line", "predicted", "edge", "pick", "confidence", "book")
    return table(headings, cells, title=f"tonight, {tonight}: the ensemble's largest edges", right=(2, 3, 4, 6))


def _say_timings(timings: Sequence[tuple[str, float]], total: float) -> None:
    rows = [(title, f"{seconds:.1f}") for title, seconds in timings]
    show(table(("stage", "seconds"), [*rows, ("everything", f"{total:.1f}")], title="timings", right=(1,)))


def _say_where(platform: "Platform", tonight: date) -> None:
    home, now = platform.home, platform.now
    bucket = home / "bucket" / platform.settings.dataset_prefix / "v1"
    commands = {
        "see the graph": "nba-props ui",
        "why a number": f"nba-props explain {tonight} '{_somebody(platform, tonight)}'",
        "who is missing": f"nba-props coverage {tonight} --detailed",
        "unresolved names": "nba-props names unresolved",
        "ask anything": "nba-props sql 'SELECT system_id, COUNT(*) AS n FROM nba_predictions.player_prop_predictions"
        " WHERE is_active GROUP BY system_id'",
    }
    show(f"files: {home}", f"published: {bucket / 'tonight' / 'all-players.json'} (and others beside it)")
    for title, command in commands.items():
        show(f"  {title:<18}{shared.with_home(command, platform)}")
    show(f"tonight is {tonight}, {minute(now)}; to stand at that evening: export NBA_PROPS_NOW={now.isoformat()}")


def _somebody(platform: "Platform", tonight: date) -> str:
    rows = platform.warehouse.query(_PICKS, {"start_date": tonight})
    return str(rows["player_name"][0].as_py()) if rows.num_rows else "PLAYER"
