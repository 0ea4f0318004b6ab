"""How many quoted names of an archive resolve without a person, whether any goes to somebody else, and how fast.

    .venv/bin/python bench/names_at_scale.py ../shared/data/history

Every name is resolved as the platform does it: slate by slate, among the people known before it, teams as earlier box scores
tell them (400 days). It is measured with the aliases that are shipped, and with none, for what the rules alone can do. A
contradiction is a name bound to a person who

    team        played for neither team of the event in that season (games after the slate count as evidence here)
    game        played that day, in another game

`left out` takes each player of a team and season off its list and resolves his name among the others: whoever takes it would
take the quotes of a player whom the registry does not know yet.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from nba_props.domain.calendar import season_of
from nba_props.domain.names import (
    SHIPPED_ALIASES,
    Alias,
    Candidate,
    NameIndex,
    NameRequest,
    Person,
    Registry,
    Resolution,
    player_lookup,
    resolve_batch,
)

TEAM_IS_KNOWN_FOR = timedelta(days=400)
BATCH = 500

Appearance = tuple[date, str, str, str]
"""game_date, universal_player_id, player_name, team_abbr."""


@dataclass(frozen=True)
class QuotedNames:
    """What an archive tells of names: who played, who is listed, which teams play, and who was quoted."""

    box: list[Appearance]
    index: NameIndex
    teams_of_slate: dict[date, list[str]]
    quoted: dict[date, list[NameRequest]]


@dataclass(frozen=True)
class Answer:
    """One name on one slate, and who is meant."""

    day: date
    request: NameRequest
    resolution: Resolution

    @property
    def who(self) -> str | None:
        return self.resolution.universal_player_id


def read(archive: Path) -> QuotedNames:
    """The names of an archive (box scores, people, games and points lines)."""
    with duckdb.connect() as session:
        session.execute("SET file_search_path = $1", [str(archive)])

        def rows(sql: str) -> list[Any]:
            return session.execute(sql).fetchall()

        box = rows(
            "SELECT game_date::DATE, 'nba_' || player_id, player_name, team_abbr FROM 'player_box.parquet' ORDER BY ALL"
        )
        listed = rows("SELECT 'nba_' || player_id, player_name FROM 'players.parquet' ORDER BY ALL")
        teams = dict(rows("SELECT game_date::DATE, list(home_abbr) || list(away_abbr) FROM 'games.parquet' GROUP BY 1"))
        quoted: dict[date, list[NameRequest]] = defaultdict(list)
        for day, name, home, away in rows("""
            SELECT DISTINCT game_date::DATE, player_name, home_abbr, away_abbr FROM 'points_lines.parquet' ORDER BY ALL
        """):
            quoted[day].append(NameRequest(name, (home, away) if home else None))
    index = NameIndex([Person(who, name, day) for day, who, name, _ in box] + [Person(*person) for person in listed])
    return QuotedNames(box, index, teams, quoted)


def teams_as_of(names: QuotedNames) -> Iterator[tuple[date, dict[str, str]]]:
    """Each quoted slate, with whom everybody played for before it."""
    latest: dict[str, tuple[date, str]] = {}
    games = iter(names.box)
    game = next(games, None)
    for day in sorted(names.quoted):
        while game and game[0] < day:
            latest[game[1]] = (game[0], game[3])
            game = next(games, None)
        yield day, {who: team for who, (seen, team) in latest.items() if day - seen <= TEAM_IS_KNOWN_FOR}


def resolved(names: QuotedNames, aliases: Sequence[Alias] = SHIPPED_ALIASES) -> list[Answer]:
    """Every distinct (slate, name as spelled, event), resolved as of its slate."""
    answers: list[Answer] = []
    for day, team_of in teams_as_of(names):
        requests, registry = names.quoted[day], names.index.as_of(day, team_of)
        batch = resolve_batch(requests, registry, aliases, names.teams_of_slate.get(day, []))
        answers += [Answer(day, request, answer) for request, answer in zip(requests, batch, strict=True)]
    return answers


def name_share(answers: list[Answer]) -> float:
    """Share of distinct quoted names that resolve on every slate they are quoted on."""
    unresolved = {answer.request.name for answer in answers if answer.who is None}
    return 1 - len(unresolved) / len({answer.request.name for answer in answers})


def name_day_share(answers: list[Answer]) -> float:
    """Share of (slate, name, event) that resolve."""
    return sum(answer.who is not None for answer in answers) / len(answers)


def contradictions(names: QuotedNames, answers: list[Answer]) -> list[str]:
    """Every sign that a name went to somebody else, in words."""
    played_for: dict[tuple[str, str], set[str]] = defaultdict(set)
    team_that_day: dict[tuple[date, str], str] = {}
    for day, who, _, team in names.box:
        played_for[who, season_of(day)].add(team)
        team_that_day[day, who] = team
    found = []
    for answer in answers:
        if answer.who is None:
            continue
        teams = set(answer.request.teams or names.teams_of_slate.get(answer.day, ()))
        if not teams & played_for[answer.who, season_of(answer.day)]:
            found.append(f"team: {answer.day} {answer.request} is {answer.resolution.player_lookup}")
        if team_that_day.get((answer.day, answer.who), next(iter(teams))) not in teams:
            found.append(f"game: {answer.day} {answer.request} is {answer.resolution.player_lookup}")
    return found


def taken_by_others(names: QuotedNames, seasons: Collection[str] | None = None) -> tuple[int, list[str]]:
    """(players left out, those whose name somebody else of their team then took), of all seasons or those given."""
    rosters: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for day, who, name, team in names.box:
        if seasons is None or season_of(day) in seasons:
            rosters[season_of(day), team][who] = name
    taken, count = [], 0
    for (season, team), people in rosters.items():
        for who, name in people.items():
            others = [
                Candidate(one, player_lookup(spelled), spelled, team) for one, spelled in people.items() if one != who
            ]
            (answer,) = resolve_batch([NameRequest(name, (team, team))], Registry.of(others), SHIPPED_ALIASES, [])
            count += 1
            if answer.universal_player_id:
                taken.append(f"{season} {team}: {name} is {answer.player_lookup} by {answer.method}")
    return count, taken


def seconds_of_a_batch(names: QuotedNames, requests: Sequence[NameRequest]) -> float:
    """Wall seconds to resolve names on the archive's last slate, its index being there."""
    *_, (day, team_of) = teams_as_of(names)
    registry = names.index.as_of(day, team_of)
    start = time.perf_counter()
    resolve_batch(requests, registry, SHIPPED_ALIASES, names.teams_of_slate.get(day, []))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    names = read(parser.parse_args().archive)
    for told, aliases in (("with the shipped aliases", SHIPPED_ALIASES), ("with no alias at all", ())):
        answers = resolved(names, aliases)
        _print(told, names, answers)
    count, taken = taken_by_others(names)
    print(f"left out: {count} players of a team and season, {len(taken)} names taken", *taken, sep="\n  ")
    spelled = list(dict.fromkeys(request for day in names.quoted.values() for request in day))[:BATCH]
    unknown = [NameRequest(f"Xx{number} {request.name[::-1]}", request.teams) for number, request in enumerate(spelled)]
    print(f"{len(spelled)} quoted names: {seconds_of_a_batch(names, spelled):.3f} s")
    print(f"{len(unknown)} names of nobody, with suggestions: {seconds_of_a_batch(names, unknown):.3f} s")


def _print(told: str, names: QuotedNames, answers: list[Answer]) -> None:
    distinct = len({answer.request.name for answer in answers})
    print(
        f"{told}: {name_share(answers):.2%} of {distinct} names, {name_day_share(answers):.3%} of {len(answers)} name-days"
    )
    print("  by", ", ".join(f"{how} {n}" for how, n in Counter(one.resolution.method for one in answers).most_common()))
    found = contradictions(names, answers)
    print(f"  contradictions: {len(found)}", *found, sep="\n    ")
    for (name, reason), count in Counter(
        (a.request.name, a.resolution.reason) for a in answers if a.who is None
    ).most_common():
        last = next(a.resolution for a in reversed(answers) if a.request.name == name and a.who is None)
        suggested = ", ".join(f"{one.candidate.player_name} ({one.score:.0f})" for one in last.suggestions) or "nobody"
        print(f"  {count:>4} x {name} ({reason}): {suggested}")


if __name__ == "__main__":
    main()
