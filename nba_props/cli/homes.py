"""Commands on a home itself: init, import-history, ui."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from nba_props.cli import shared
from nba_props.cli.alerts import say_if_unconfigured
from nba_props.cli.screen import note, show_json
from nba_props.cli.shared import AsJson, Home
from nba_props.errors import BadInput, NbaPropsError

_HOST = "127.0.0.1"
_PORTS_TRIED = 20
_SECONDS_TO_STOP = 15


def init(as_json: AsJson = False, home: Home = None) -> None:
    """Create or migrate tables, reference rows and Dagster's settings; twice changes nothing, and nothing is taken away."""
    platform = shared.platform_of(home)

    from nba_props.cli import render
    from nba_props.instance import dagster_home
    from nba_props.io.warehouse.migration import MigrationRefused
    from nba_props.prepare import migrate

    place = {
        "target": platform.settings.target.value,
        "environment": platform.settings.effective_environment.value,
        "dataset_prefix": platform.settings.dataset_prefix,
        "home": str(platform.home),
    }
    try:
        done = migrate(platform)
    except MigrationRefused as refused:
        if as_json:
            show_json(place | {"created": [], "added": {}, "shipped": 0, "drifted": refused.refused})
        raise
    dagster_home(platform)
    if as_json:
        show_json(place | {"created": done.created, "added": done.added, "shipped": done.shipped, "drifted": {}})
    else:
        render.initialised(platform, done)


def import_history(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The directory that holds the archive.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Load an archive of real data: every table and season in it; says what was read, kept, refused and why."""
    platform = shared.platform_of(home)

    from nba_props.cli import render
    from nba_props.cli.importing import import_archive
    from nba_props.cli.runs import runs
    from nba_props.io.sources.archive import discover

    archive = discover(directory.expanduser())
    with runs(platform) as started:
        report = import_archive(started, archive)
    if as_json:
        show_json(report.to_dict())
    else:
        render.imported(platform, report)
    raise typer.Exit(2 if report.failures or not report.rows_kept else 0)


def ui(
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, help="Port of the web server, on this machine only.")
    ] = 3000,
    home: Home = None,
) -> None:
    """Start the Dagster UI (web server and daemon) on this home, until Ctrl-C."""
    platform = shared.platform_of(home)
    _refuse_taken(port)
    say_if_unconfigured(platform)

    from nba_props.instance import dagster_home
    from nba_props.prepare import prepare

    prepare(platform)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "nba_props.definitions", "-h", _HOST, "-p", str(port)]
    places = {"DAGSTER_HOME": str(dagster_home(platform)), "NBA_PROPS_HOME": str(platform.home)}
    quiet = {"PYTHONWARNINGS": "ignore", "DAGSTER_DISABLE_TELEMETRY": "yes"}
    note(f"Dagster UI of {platform.home}: http://{_HOST}:{port} (Ctrl-C stops it)")
    if not platform.settings.automation:
        note("schedules and sensors start switched off: NBA_PROPS_AUTOMATION=true, or one by one in the UI")
    code = _until_stopped(command, quiet | os.environ | places)
    if code:
        raise NbaPropsError(
            f"The UI ended by itself with code {code}.", next_step="read what it printed above; another --port may help"
        )


def _refuse_taken(port: int) -> None:
    if _is_free(port):
        return
    free = next((one for one in range(port + 1, min(port + _PORTS_TRIED, 65536)) if _is_free(one)), None)
    raise BadInput(
        f"Port {port} of this machine is taken or not allowed.",
        next_step=f"nba-props ui --port {free}" if free else "give another port with --port",
    )


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((_HOST, port))
        except OSError:
            return False
    return True


def _until_stopped(command: list[str], environment: dict[str, str]) -> int:
    """Run a server until it ends (its exit code) or we are interrupted or terminated (0, the server stopped first).

    It gets a session of its own, so that Ctrl-C reaches it once, from here, and its children die with it.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Our own handlers also undo an inherited "ignore", which the server would otherwise inherit in its turn.
    before = {one: signal.signal(one, interrupt) for one in (signal.SIGINT, signal.SIGTERM)}
    server = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        return server.wait()
    except KeyboardInterrupt:
        note("stopping the UI")
        return 0
    finally:
        _stop(server)
        for one, handler in before.items():
            signal.signal(one, handler)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """Ask the server to stop, then tell its session, then end it: a server in the act of stopping ignores requests."""
    for wanted, seconds in ((signal.SIGINT, _SECONDS_TO_STOP), (signal.SIGTERM, 3), (signal.SIGKILL, 3)):
        if server.poll() is not None:
            break
        with suppress(ProcessLookupError):
            server.send_signal(wanted) if wanted is signal.SIGINT else os.killpg(server.pid, wanted)
        with suppress(subprocess.TimeoutExpired):
            server.wait(seconds)
    with suppress(ProcessLookupError):  # what is left of its session
        os.killpg(server.pid, signal.SIGKILL)
