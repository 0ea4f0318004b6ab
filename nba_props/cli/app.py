"""The table of contents of the command line: every command, in the order in which a newcomer meets them."""

from collections.abc import Sequence
from typing import Annotated

import typer

from nba_props import __version__
from nba_props.cli import shared
from nba_props.cli.alerts import alerts
from nba_props.cli.demo import demo
from nba_props.cli.doctor import doctor
from nba_props.cli.fetching import fetch
from nba_props.cli.history import history
from nba_props.cli.homes import import_history, init, ui
from nba_props.cli.models import models
from nba_props.cli.names import names
from nba_props.cli.seasons import seasons
from nba_props.cli.shared import Home
from nba_props.cli.simulate import simulate
from nba_props.cli.slates import backfill, export, grade, run
from nba_props.cli.smoke import smoke
from nba_props.cli.sql import sql
from nba_props.cli.staging import staging
from nba_props.cli.views import coverage, evaluate, explain, status

app = typer.Typer(
    name="nba-props",
    help="NBA player points props. Exit codes: 0 ok (NO SLATE included), 1 DEGRADED, 2 NOT READY or error.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    home: Home = None,
    _wants_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """NBA player points props."""
    shared.home_before_command(home, is_root=True)


app.command()(demo)
app.command()(init)
app.command("import-history")(import_history)
app.command()(fetch)
app.command()(run)
app.command()(backfill)
app.command()(status)
app.command()(alerts)
app.command()(seasons)
app.command()(coverage)
app.command()(explain)
app.command()(grade)
app.command()(evaluate)
app.command()(export)
app.command()(sql)
app.add_typer(history, name="history")
app.add_typer(staging, name="staging")
app.add_typer(names, name="names")
app.add_typer(models, name="models")
app.add_typer(simulate, name="simulate")
app.command()(doctor)
app.command()(smoke)
app.command()(ui)

_GROUPS = {
    "history": {"list", "prune"},
    "staging": {"list", "consolidate", "clean"},
    "names": {"unresolved", "alias"},
    "models": {"list", "use", "withdraw"},
    "simulate": {"serve"},
}


def command_words(arguments: Sequence[str]) -> list[str]:
    """The known command (and sub-command) among arguments: `["staging", "list"]`; empty where there is none."""
    known = {one.name or (one.callback.__name__ if one.callback else "") for one in app.registered_commands} | set(
        _GROUPS
    )
    command = next((word for word in arguments if word in known), None)
    if command is None:
        return []
    return [command, *[word for word in arguments if word in _GROUPS.get(command, set())][:1]]
