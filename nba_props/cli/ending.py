"""How a command ends: every way out has its message on stderr and its exit code, and none is a traceback.

A user's mistake is one line and a next step; a refusal of the disk is said as such; a bug keeps its traceback in a file
of the home.
"""

import os
import shlex
import sqlite3
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import typer

from nba_props.cli import shared
from nba_props.cli.screen import say_error
from nba_props.errors import NbaPropsError
from nba_props.io.dagster_records import RECORDS_BOOK

ERROR, INTERRUPTED = 2, 130


def run_to_end(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    from nba_props.cli.app import app

    shared.COMMAND_LINE.set(shlex.join(["nba-props", *arguments]))
    if not sys.warnoptions:  # libraries' deprecations are for developers, who ask for them with -W
        warnings.simplefilter("ignore")
    try:
        result = app(args=list(arguments), prog_name="nba-props", standalone_mode=False)
        sys.stdout.flush()
    except NbaPropsError as error:
        say_error(error.message, error.next_step)
        return ERROR
    except typer.TyperException as error:
        if message := error.format_message():  # empty: a group without a command has printed its help
            say_error(message, f"{shlex.join(['nba-props', *_command(arguments)])} --help")
        return ERROR
    except typer.Abort:
        say_error("Stopped: nothing was confirmed, and nothing was changed.")
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BrokenPipeError, SystemExit) as ended:
        if not any(isinstance(one, BrokenPipeError) for one in _chain(ended)):
            raise
        # The reader has had enough (`| head`): nothing is wrong, but Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return 0
    except Exception as error:  # noqa: BLE001  the last resort: nothing is swallowed, the traceback goes to a file
        _say_unexpected(error)
        return ERROR
    return result if isinstance(result, int) else 0


def _command(arguments: Sequence[str]) -> list[str]:
    """The known command words of a line (`staging`, `list`), for its help."""
    from nba_props.cli.app import command_words

    return command_words(arguments)


def _say_unexpected(error: Exception) -> None:
    refused = next((one for one in _chain(error) if isinstance(one, OSError | sqlite3.OperationalError)), None)
    if refused is not None:
        what = str(refused) if isinstance(refused, sqlite3.Error) else _of_the_system(refused)
        message = f"The disk or the system refused: {what}."
        step = "free space or make the place writable, then run the same command again; finished steps are kept"
    elif damaged := next((one for one in _chain(error) if type(one) is sqlite3.DatabaseError), None):
        message = f"Dagster's records cannot be read: {damaged}."
        step = RECORDS_BOOK
    else:
        message = (
            f"Something unexpected happened: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        )
        step = "run it again; if it repeats, report it with the traceback"
    kept = _keep_traceback(error)
    say_error(message, step, detail=f"full traceback: {kept}" if kept else "")


def _of_the_system(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _keep_traceback(error: Exception) -> Path | None:
    """Write the traceback, secrets hidden, below the home, or where the system keeps temporary files; None where both are refused."""
    from nba_props.io.redaction import redact

    name = f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    text = f"{shared.COMMAND_LINE.get()}\n\n{''.join(traceback.format_exception(error))}"
    for place in (_logs, lambda: Path(tempfile.gettempdir())):
        with suppress(OSError, NbaPropsError):
            path = place() / name
            path.write_text(redact(text))
            return path
    return None


def _logs() -> Path:
    logs = shared.platform_of(None).home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    return logs
