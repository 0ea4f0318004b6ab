"""Commands on names: the queue of those nobody could be bound to, and the alias that ends a person's stay in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nba_props.cli import shared
from nba_props.cli.screen import note, show_json
from nba_props.cli.shared import AsJson, Home
from nba_props.domain.names import player_lookup
from nba_props.errors import BadInput

if TYPE_CHECKING:
    from nba_props.cli.people import Directory
    from nba_props.plan import Outcome
    from nba_props.platform import Platform

names = typer.Typer(help="Names: the unresolved queue, and aliases.", no_args_is_help=True)

_QUEUE = """
select player_lookup, player_name, game_date, reason, is_quoted, occurrences, suggestions
from nba_reference.unresolved_player_names
where game_date between @start_date and @end_date
order by game_date desc, player_lookup, player_name, event_key
"""

_WAITING = """
select distinct game_date, player_lookup from nba_reference.unresolved_player_names
where game_date between @start_date and @end_date
order by game_date desc, player_lookup
"""

_PREDICTED = """
select distinct game_date from nba_predictions.prediction_batches
where game_date between @start_date and @end_date
"""

_SUGGESTION = re.compile(r"(.+?) \(([a-z0-9]*), (\d+)\)(?:; |$)")


@names.callback()
def _group(home: Home = None) -> None:
    """Names and aliases."""
    shared.home_before_command(home)


@names.command()
def unresolved(
    day: Annotated[str | None, typer.Option("--date", metavar="DATE", help="Only this slate.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="Only slates from this date on.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Names that nobody could be bound to without guessing, with the nearest people."""
    platform = shared.opened(home)
    if day is not None and since is not None:
        raise BadInput("--date and --since contradict each other.", next_step="give one of them")
    start, end = shared.FIRST_PARTITION, shared.day_of("tomorrow", platform)
    if day is not None:
        start = end = shared.day_of(day, platform)
    if since is not None:
        start = shared.day_of(since, platform)
    queue = queued(platform, start, end)
    if as_json:
        show_json(queue)
        return
    from nba_props.cli import render

    render.queue(queue)


@names.command()
def alias(
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="The spelling that is not understood.")],
    canonical: Annotated[
        str, typer.Argument(metavar="CANONICAL", help="The same person's name as the registry has it.")
    ],
    dates: Annotated[str | None, typer.Option("--dates", metavar="D1,D2", help="Run again only these dates.")] = None,
    no_run: Annotated[bool, typer.Option("--no-run", help="Only add the alias.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Say that two spellings are one person, then run again only that person on the dates that waited for it."""
    platform = shared.opened(home)
    binding = bind(platform, alias, canonical)
    note(binding.said)
    if no_run:
        if as_json:
            show_json(binding.to_dict() | {"dates": []})
        return
    only = {shared.day_of(one, platform) for one in shared.listed(dates)} if dates is not None else None
    days, never = _dates_to_run(platform, binding, only)
    if never:
        note(
            f"{len(never)} dates with the name were never predicted and are left alone"
            f" ({min(never)} to {max(never)}); a backfill of them will know the alias"
        )
    if not days:
        note("no predicted slate waits for this name: nothing to run")
        if as_json:
            show_json(binding.to_dict() | {"dates": []})
        return
    note(
        f"running again {', '.join(binding.player_ids)} on {len(days)} dates, latest first: {', '.join(map(str, days))}"
    )
    done = _run_again(platform, binding, days)

    from nba_props.cli.slates import end_of_backfill

    raise typer.Exit(end_of_backfill(platform, days, done, as_json=as_json))


# -- the queue ---------------------------------------------------------------------------------------------------------


def queued(platform: "Platform", start: date, end: date) -> list[dict[str, Any]]:
    """The queue by name: dates (latest first), occurrences, reason and suggestions of the latest; quoted names first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in platform.warehouse.query(_QUEUE, {"start_date": start, "end_date": end}).to_pylist():
        entry = found.setdefault(
            (row["player_lookup"], row["player_name"]),
            {
                "player_lookup": row["player_lookup"],
                "player_name": row["player_name"],
                "reason": row["reason"],
                "is_quoted": False,
                "occurrences": 0,
                "dates": [],
                "suggestions": suggestions_of(row["suggestions"]),
            },
        )
        entry["is_quoted"] |= row["is_quoted"]
        entry["occurrences"] += row["occurrences"]
        if row["game_date"] not in entry["dates"]:
            entry["dates"].append(row["game_date"])
    return sorted(found.values(), key=_urgency)


def suggestions_of(text: str) -> list[dict[str, Any]]:
    """Ranked candidates of the queue's text, best first."""
    return [
        {"player_name": name, "player_lookup": key, "score": int(score)}
        for name, key, score in _SUGGESTION.findall(text)
    ]


def _urgency(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Quoted before reported, names of one person before pairs, then by how often."""
    return (entry["reason"] == "combo", not entry["is_quoted"], -len(entry["dates"]), entry["player_lookup"])


# -- an alias ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Binding:
    """An alias as it was written, and whom it concerns."""

    alias_lookup: str
    canonical_lookup: str
    player_ids: list[str]
    is_new: bool
    said: str
    keys: frozenset[str] = field(default_factory=frozenset)

    def to_dict(self) -> dict[str, Any]:
        return {
            "alias_lookup": self.alias_lookup,
            "canonical_lookup": self.canonical_lookup,
            "universal_player_ids": self.player_ids,
            "is_new": self.is_new,
        }


def bind(platform: "Platform", alias_text: str, canonical_text: str) -> Binding:
    """Check and write an alias; BadInput, nothing written, where it would bind nobody or two people."""
    from nba_props.cli.people import Directory

    one, other = player_lookup(alias_text), player_lookup(canonical_text)
    if not one or not other:
        empty = alias_text if not one else canonical_text
        raise BadInput(f"{empty!r} holds no letter of a name.", next_step="write a name or a lookup, such as herbjones")
    if one == other:
        raise BadInput(
            f"{alias_text!r} and {canonical_text!r} are the same key, {one}: no alias is needed.",
            next_step="if the name is still unresolved, two people bear it; the slate's teams tell them apart",
        )
    directory = Directory(platform)
    known = {key: directory.registry.named(key) for key in (one, other)}
    _refuse_strangers(directory, canonical_text, known[one] | known[other])
    if known[one] and known[other] and known[one] != known[other]:
        raise BadInput(
            f"{one} and {other} are two different people:"
            f" {_known_as(directory, known[one])}; {_known_as(directory, known[other])}.",
            next_step="an alias may join two spellings of one person only; nothing was written",
        )
    people = known[one] | known[other]
    _refuse_contradiction(directory, one, other, people)
    is_new = _write(platform, one, other)
    said = f"{'added' if is_new else 'known already'}: {one} = {other}, {_known_as(directory, people)}"
    return Binding(one, other, sorted(people), is_new, said, frozenset({one, other}))


def _refuse_strangers(directory: "Directory", canonical: str, people: set[str]) -> None:
    if not people:
        raise BadInput(
            f"Neither spelling is in the registry, so the alias of {canonical!r} would bind nobody.",
            next_step=directory.suggestion(canonical),
        )


def _refuse_contradiction(directory: "Directory", one: str, other: str, people: set[str]) -> None:
    """An active alias of either spelling that already means somebody else."""
    for existing in directory.aliases:
        pair = {existing.alias_lookup, existing.canonical_lookup}
        if existing.is_active and pair & {one, other} and pair != {one, other}:
            others = {person for key in pair for person in directory.registry.named(key)}
            if others - people:
                raise BadInput(
                    f"An active alias says {existing.alias_lookup} = {existing.canonical_lookup},"
                    f" {_known_as(directory, others)}; with this one, one spelling would mean two people.",
                    next_step="nothing was written; correct the alias that is wrong in nba_reference.player_aliases",
                )


def _known_as(directory: "Directory", people: set[str]) -> str:
    return ", ".join(map(directory.known_as, sorted(people)))


def _write(platform: "Platform", one: str, other: str) -> bool:
    """Write the alias, active; TRUE if that changed anything."""
    import pyarrow as pa

    from nba_props.catalog import table
    from nba_props.catalog.render.arrow import arrow_schema

    aliases = table("nba_reference.player_aliases")
    stored = platform.warehouse.query(
        "SELECT alias_lookup, canonical_lookup, is_active FROM nba_reference.player_aliases"
    )
    if any(
        {row["alias_lookup"], row["canonical_lookup"]} == {one, other} and row["is_active"]
        for row in stored.to_pylist()
    ):
        return False
    row = {
        "alias_lookup": one,
        "canonical_lookup": other,
        "alias_type": "manual",
        "is_active": True,
        "notes": "added by hand: nba-props names alias",
        "created_at": platform.now,
    }
    platform.warehouse.upsert(
        aliases, pa.Table.from_pylist([row], schema=arrow_schema(aliases)), keep_first=("created_at",)
    )
    return True


def _dates_to_run(platform: "Platform", binding: Binding, only: set[date] | None) -> tuple[list[date], list[date]]:
    """(predicted dates that wait for the name, latest first; the other dates that do)."""
    dates = {"start_date": shared.FIRST_PARTITION, "end_date": shared.day_of("tomorrow", platform)}
    waiting = {
        row["game_date"]
        for row in platform.warehouse.query(_WAITING, dates).to_pylist()
        if row["player_lookup"] in binding.keys
    }
    if only is not None:
        strangers = sorted(only - waiting)
        if strangers:
            note(f"not waiting for this name, left alone: {', '.join(map(str, strangers))}")
        waiting &= only
    predicted = set(platform.warehouse.query(_PREDICTED, dates)["game_date"].to_pylist())
    return sorted(waiting & predicted, reverse=True), sorted(waiting - predicted)


def _run_again(platform: "Platform", binding: Binding, days: Sequence[date]) -> "Outcome":
    """Each date by itself, latest first: its features, and predictions of the person alone."""
    from nba_props.cli.runs import request_of, runs

    with runs(platform) as started:
        from nba_props.plan import run_dates

        for turn, day in enumerate(days, start=1):
            started.progress.prefix = f"[{turn}/{len(days)}] "
            run_dates(started.runner, [day], request_of(players=tuple(binding.player_ids)))
    return started.outcome
