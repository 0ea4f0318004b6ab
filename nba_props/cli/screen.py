"""What reaches the screen: results on stdout, everything else on stderr; progress, tables and JSON. No facts here."""

import json
import math
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import Any, Protocol, Self

_PIPE_WIDTH = 400
"""Columns of a table that goes to a file or another program: nothing is folded there."""

IS_JSON_LOG: ContextVar[bool] = ContextVar("is_json_log", default=False)
"""TRUE if what is said on stderr is one JSON object a line, as settings ask where a platform collects the log."""


def console(*, err: bool = False, severity: str = "INFO") -> Any:
    """A rich console on stdout or stderr as they are now (tests replace them)."""
    from rich.console import Console

    stream: Any = sys.stderr if err else sys.stdout
    if err and IS_JSON_LOG.get():
        from nba_props.io.logs import JsonLines

        stream = JsonLines(sys.stderr, severity)
    return Console(file=stream, highlight=False, soft_wrap=False, width=None if stream.isatty() else _PIPE_WIDTH)


def show(*parts: Any) -> None:
    """Print on stdout; strings may hold rich markup."""
    out = console()
    for part in parts:
        out.print(part)


def note(text: str) -> None:
    """Say something beside the result, on stderr; no markup."""
    console(err=True).print(text, markup=False)


def say_error(message: str, next_step: str = "", detail: str = "") -> None:
    """One red line of what went wrong, then what to do; secrets in either are hidden."""
    from nba_props.io.redaction import redact

    err = console(err=True, severity="ERROR")
    err.print(f"error: {redact(message.rstrip())}", style="bold red", markup=False)
    if next_step:
        err.print(f"next step: {redact(next_step)}", markup=False)
    if detail:
        err.print(detail, markup=False)


def show_json(value: Any) -> None:
    """JSON, and nothing else, on stdout: dates in ISO, instants in UTC, NaN and infinity as null."""
    json.dump(plain(value), sys.stdout, ensure_ascii=False, allow_nan=False, indent=1)
    sys.stdout.write("\n")


def plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else str(value)


def iso(instant: datetime) -> str:
    """2025-12-15T23:00:00Z; microseconds only where there are any."""
    if instant.tzinfo is None:
        return instant.isoformat()
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def minute(instant: datetime | None) -> str:
    """An instant for people: 2025-12-15 23:00 UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if instant else "-"


def number(value: float | None, form: str = ".1f") -> str:
    """A figure, or a dash where there is none."""
    return "-" if value is None or (isinstance(value, float) and math.isnan(value)) else format(value, form)


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "", right: Sequence[int] = ()) -> Any:
    """A rich table; `right` names the columns of figures. Text is text: no markup in cells."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for at, heading in enumerate(headings):
        drawn.add_column(heading, justify="right" if at in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return drawn


class _Failing(Protocol):
    failures: list[str]


class Progress:
    """Stages as they go, on stderr: a live line on a terminal, plain lines elsewhere.

    Called with the title of each stage as it begins; `outcome.failures` tells which stages failed.
    """

    def __init__(self) -> None:
        self.finished: list[tuple[str, float]] = []
        self.outcome: _Failing | None = None
        self.prefix = ""
        self._title = ""
        self._began = 0.0
        self._failures = 0
        self._console = console(err=True)
        self._live: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._end()
        else:
            self._stop()

    def __call__(self, title: str) -> None:
        self._end()
        self._title, self._began = f"{self.prefix}{title}", time.monotonic()
        if self._console.is_terminal:
            self._start_live()
        else:
            self._console.print(f"… {self._title}", markup=False)

    def detail(self, text: str) -> None:
        """How far the stage is, beside its title: on a terminal only, from any thread."""
        if self._live is not None:
            self._live.update(self._live.task_ids[0], description=f"{self._title}  {text}")

    @property
    def current(self) -> str:
        """The stage under way."""
        return self._title

    def _start_live(self) -> None:
        from rich.progress import Progress as Live
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        self._live = Live(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._live.add_task(self._title, total=None)
        self._live.start()

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _end(self) -> None:
        self._stop()
        if not self._title:
            return
        seconds = time.monotonic() - self._began
        failures = self.outcome.failures if self.outcome else []
        mark = "✗" if len(failures) > self._failures else "✓"
        self._console.print(f"{mark} {self._title}  {seconds:.1f} s", markup=False)
        for failure in failures[self._failures :]:
            self._console.print(f"    {failure}", style="red", markup=False)
        self._failures = len(failures)
        self.finished.append((self._title, seconds))
        self._title = ""
