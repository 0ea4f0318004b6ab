"""What every command shares: its common options, the home it works on, and the dates it is given. No results here."""

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_props.cli.screen import IS_JSON_LOG, note
from nba_props.errors import BadInput, NbaPropsError

if TYPE_CHECKING:
    from nba_props.platform import Platform

FIRST_PARTITION = date(2015, 10, 1)
"""As `nba_props.partitions.FIRST_DATE` (a test compares them); importing that would import Dagster."""

COMMAND_LINE: ContextVar[str] = ContextVar("command_line", default="nba-props")
"""The command as it was typed, to be typed again."""

_HOME_BEFORE: ContextVar[Path | None] = ContextVar("home_before", default=None)
_HOME_IN_USE: ContextVar[Path | None] = ContextVar("home_in_use", default=None)

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="Home directory: warehouse, objects, Dagster's records (or NBA_PROPS_HOME; default ./.nba_props).",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Only JSON on stdout; progress stays on stderr.")]
Day = Annotated[str, typer.Argument(metavar="DATE", help="Slate date: 2024-01-31, today, yesterday or tomorrow.")]


def home_before_command(home: Path | None, *, is_root: bool = False) -> None:
    """Remember a `--home` given before the command's name; the one given after it wins."""
    if is_root:
        _HOME_IN_USE.set(None)
    if home is not None or is_root:
        _HOME_BEFORE.set(home)


def platform_of(home: Path | None) -> "Platform":
    """The platform of the home in question, nothing opened yet."""
    from nba_props.platform import Platform
    from nba_props.settings import load_settings

    chosen = home or _HOME_IN_USE.get() or _HOME_BEFORE.get()
    _HOME_IN_USE.set(chosen)
    settings = load_settings(home=chosen)
    IS_JSON_LOG.set(settings.is_json_log)
    return Platform(settings)


def opened(home: Path | None) -> "Platform":
    """The platform of a home that has tables; BadInput says what to do where it has none."""
    from nba_props.catalog import table

    platform = platform_of(home)
    if platform.warehouse.stored_columns(table("nba_raw.schedule")) is None:
        raise _without_data(platform)
    return platform


def with_data(home: Path | None) -> "Platform":
    """The platform of a home into which something was imported; BadInput says what to do where nothing was."""
    platform = opened(home)
    if not _games_between(platform, date.min, date.max):
        raise _without_data(platform)
    return platform


def settle(platform: "Platform") -> None:
    """Mark what died since the last command, and say so on stderr. A command that only looks goes on where that is refused."""
    from nba_props.interrupted import mark_interrupted

    try:
        for step in mark_interrupted(platform):
            note(f"marked as interrupted, its process is dead: {step}")
    except NbaPropsError as refusal:
        note(f"what died since the last command could not be marked: {refusal}")


def _games_between(platform: "Platform", start: date, end: date) -> int:
    rows = platform.warehouse.query(
        "SELECT COUNT(*) AS games FROM nba_raw.schedule WHERE game_date BETWEEN @start_date AND @end_date",
        {"start_date": start, "end_date": end},
    )
    return int(rows["games"][0].as_py())


def _without_data(platform: "Platform") -> BadInput:
    return BadInput(
        f"There is no data in {platform.home}.",
        next_step="import an archive first (nba-props import-history DIR), ask the live sources (nba-props fetch --season"
        " 2025-26), or see it work on a simulated league (nba-props demo); --home DIR names another home",
    )


def has_schedule_of(platform: "Platform", season: str) -> bool:
    """TRUE if any game of the season is scheduled in the warehouse."""
    from nba_props.domain.calendar import season_bounds

    return _games_between(platform, *season_bounds(season)) > 0


def with_home(command: str, platform: "Platform") -> str:
    """A command for a person to type, with the home unless it is the default one."""
    return command if platform.home == Path(".nba_props").resolve() else f"{command} --home {_short(platform.home)}"


def _short(path: Path) -> str:
    """Relative to the working directory where it is below it."""
    here = Path.cwd()
    return f"./{path.relative_to(here)}" if path.is_relative_to(here) and path != here else str(path)


def day_of(text: str, platform: "Platform") -> date:
    """A slate date that has a partition (1 October 2015 to tomorrow); BadInput otherwise."""
    from nba_props.domain.calendar import parse_day

    day = parse_day(text, platform.today)
    last = platform.today + timedelta(days=1)
    if not FIRST_PARTITION <= day <= last:
        raise BadInput(
            f"{day} is outside the dates the platform keeps.",
            next_step=f"give a date from {FIRST_PARTITION} to {last} (tomorrow, US/Eastern)",
        )
    return day


def days_between(start: str, end: str, platform: "Platform") -> tuple[date, date]:
    """First and last date of a range; BadInput if it is upside down."""
    first, last = day_of(start, platform), day_of(end, platform)
    if last < first:
        raise BadInput(f"The range ends ({last}) before it starts ({first}).", next_step="swap the two dates")
    return first, last


def listed(text: str) -> list[str]:
    """Members of a comma-separated option."""
    return [one.strip() for one in text.split(",") if one.strip()]


def did_you_mean(word: str, known: Iterable[str], instead: str = "") -> str:
    """The nearest known words as a next step, or `instead`."""
    near = get_close_matches(word.casefold(), list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else instead


def systems_of(text: str | None) -> tuple[str, ...]:
    """Systems of a comma-separated option, in their order; BadInput suggests the nearest for one that does not exist."""
    if text is None:
        return ()
    from nba_props.domain.systems import SYSTEM_IDS

    wanted = listed(text)
    for name in wanted:
        if name not in SYSTEM_IDS:
            raise BadInput(
                f"There is no system {name!r}.",
                next_step=did_you_mean(name, SYSTEM_IDS, f"systems are {', '.join(SYSTEM_IDS)}"),
            )
    if not wanted:
        raise BadInput("--systems names no system.", next_step=f"systems are {', '.join(SYSTEM_IDS)}")
    return tuple(name for name in SYSTEM_IDS if name in wanted)


def rows_of(found: Any) -> list[dict[str, Any]]:
    """Rows of an Arrow table as dictionaries. (`to_pylist` imports pandas for each instant: 0.4 s of every command.)"""
    from datetime import UTC, datetime

    import pyarrow as pa

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    columns: list[list[Any]] = []
    for field, column in zip(found.schema, found.columns, strict=True):
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            micros = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_pylist()
            columns.append([None if one is None else epoch + timedelta(microseconds=one) for one in micros])
        else:
            columns.append(column.to_pylist())
    return [dict(zip(found.column_names, values, strict=True)) for values in zip(*columns, strict=True)]
