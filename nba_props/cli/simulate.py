"""Commands on the simulated league: it answers as the real sources do, to rehearse what asks them."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from nba_props.cli.screen import iso, note, show
from nba_props.errors import BadInput

if TYPE_CHECKING:
    from nba_props.simulate.faults import Fault
    from nba_props.simulate.league import League, LeagueConfig
    from nba_props.simulate.server import SimulatedSources

simulate = typer.Typer(help="A simulated league in place of the real sources.", no_args_is_help=True)

DEFAULT_PORT = 8770
_TONIGHT = -4
"""The slate at which it stands by default: the schedule goes on after it, as a real one does."""
_BEFORE_TIP = timedelta(minutes=90)
_KEYS = ("NBA_PROPS_BALLDONTLIE_API_KEY", "NBA_PROPS_ODDS_API_KEY", "NBA_PROPS_BETTINGPROS_API_KEY")


@simulate.callback()
def _group() -> None:
    """Without it typer would take a group of one command for the command itself."""


@simulate.command()
def serve(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free one.")] = DEFAULT_PORT,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed is another league.")] = 7,
    days: Annotated[int, typer.Option("--days", min=1, max=200, help="Dates that the league lasts.")] = 60,
    start: Annotated[str, typer.Option("--start", metavar="DATE", help="Its first date.")] = "2025-10-21",
    now: Annotated[
        str | None,
        typer.Option(
            "--now", metavar="INSTANT", help="Where it stands, in ISO with offset; default a slate's evening."
        ),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="SOURCE:KIND[:N]", help="Misbehave (the first N times): odds_api:429:2, all:slow."
        ),
    ] = None,
) -> None:
    """Serve a simulated league on 127.0.0.1 as the real sources would, until Ctrl-C. Other instants and faults: POST /_control."""
    from nba_props.simulate.faults import fault_from_text
    from nba_props.simulate.league import simulate_league
    from nba_props.simulate.server import SimulatedSources

    faults = [fault_from_text(text) for text in fault or []]
    league = simulate_league(_config(seed, days, start))
    instant = _evening(league) if now is None else _instant(now)
    with SimulatedSources(league, instant, port=port, faults=faults) as sources:
        _say_how_to_use(sources, league, faults)
        _wait_for_interrupt()
    note(f"stopped after {len(sources.requests)} requests")


def _config(seed: int, days: int, start: str) -> "LeagueConfig":
    from nba_props.domain.calendar import season_of
    from nba_props.simulate.league import LeagueConfig

    try:
        first = date.fromisoformat(start)
    except ValueError:
        raise BadInput(f"{start!r} is not a date.", next_step="write it as 2025-10-21") from None
    return LeagueConfig(seed=seed, season=season_of(first), start=first, days=days)


def _evening(league: "League") -> datetime:
    """A while before the first tip of the fourth slate from the league's end, or of its first slate if it has fewer."""
    from nba_props.domain.calendar import noon_eastern

    tonight = league.game_dates[max(_TONIGHT, -len(league.game_dates))]
    tips = league.games.loc[league.games["game_date"].dt.date == tonight, "tip_utc"].dropna()
    first: datetime = noon_eastern(tonight) if tips.empty else tips.min().to_pydatetime()
    return (first - _BEFORE_TIP).astimezone(UTC)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no instant.", next_step="write it as 2025-12-03T18:00:00-05:00") from None


def _say_how_to_use(sources: "SimulatedSources", league: "League", faults: "list[Fault]") -> None:
    """The address and what to export on stdout, ready to be pasted or evaluated; the rest on stderr."""
    dates = league.game_dates
    note(f"simulated league of {league.config.season}: {len(dates)} slates from {dates[0]} to {dates[-1]}")
    note(f"serving {sources.url} as of {iso(sources.now)}; state and control: {sources.url}/_control; Ctrl-C ends it")
    for one in faults:
        note(
            f"misbehaving: {one.source or 'all'} {one.kind}, {'always' if one.times is None else f'{one.times} times'}"
        )
    exports = {
        "NBA_PROPS_SOURCES_URL": sources.url,
        "NBA_PROPS_SOURCE_PACE": "0",
        **dict.fromkeys(_KEYS, "simulated"),
        "NBA_PROPS_NOW": iso(sources.now),
    }
    show(*(f"export {name}={value}" for name, value in exports.items()))


def _wait_for_interrupt() -> None:
    from threading import Event

    try:
        Event().wait()
    except KeyboardInterrupt:
        return
