"""Who is meant by a player typed at the command line: an id, a lookup, or a name in any spelling that resolution knows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from nba_props.domain.names import Alias, NameIndex, NameRequest, Person, Registry, player_lookup, resolve_batch
from nba_props.errors import BadInput
from nba_props.platform import Platform
from nba_props.registry import aliases, registered_people

_ID = re.compile(r"(?:nba_)?([0-9]+)")

_TEAMS = """
select concat('nba_', cast(r.source_player_id as string)) as universal_player_id, r.team_abbr
from nba_raw.team_rosters as r
where r.roster_date between @start_date and @end_date
"""

_PLAYING = """
select home_team, away_team from nba_raw.schedule where game_date between @start_date and @end_date
"""


@dataclass(frozen=True)
class Found:
    """A person, and how the text came to mean him: id, registry, alias or a weaker form."""

    universal_player_id: str
    player_lookup: str
    player_name: str
    method: str


@dataclass(frozen=True)
class Directory:
    """Everybody the registry knows, as of one slate for teams (`day`), whatever the day for existence."""

    platform: Platform
    day: date | None = None

    @cached_property
    def people(self) -> list[Person]:
        return registered_people(self.platform)

    @cached_property
    def aliases(self) -> list[Alias]:
        return aliases(self.platform)

    @cached_property
    def registry(self) -> Registry:
        """All people, known on every date: a person at the keyboard may ask for anybody."""
        teams = {row["universal_player_id"]: row["team_abbr"] for row in self._of_day(_TEAMS)}
        return NameIndex(Person(one.universal_player_id, one.player_name) for one in self.people).as_of(date.max, teams)

    @cached_property
    def playing(self) -> set[str]:
        """Teams of the day's games."""
        return {team for row in self._of_day(_PLAYING) for team in row.values()}

    def find(self, text: str) -> Found:
        """The one person meant. BadInput names the nearest people, or the bearers of a shared name by id."""
        by_id = _ID.fullmatch(text.strip().casefold())
        if by_id:
            return self._by_id(f"nba_{by_id[1]}", text)
        answer = resolve_batch([NameRequest(text)], self.registry, self.aliases, self.playing)[0]
        if answer.universal_player_id is not None:
            return self.found(answer.universal_player_id, answer.method)
        if answer.reason == "ambiguous":
            bearers = sorted(self.registry.named(player_lookup(text))) or [
                one.candidate.universal_player_id for one in answer.suggestions
            ]
            raise BadInput(
                f"{text!r} may be {len(bearers)} people.",
                next_step=f"name one by id: {'; '.join(map(self.known_as, bearers))}",
            )
        raise BadInput(f"Nobody is known as {text!r}.", next_step=self.suggestion(text))

    def suggestion(self, text: str) -> str:
        """The nearest people, as a next step."""
        by_words = [one.candidate.universal_player_id for one in self.registry.suggestions(text, self.playing)]
        by_key = self._nearest_keys(text)
        near = list(dict.fromkeys(by_words + by_key if len(text.split()) > 1 else by_key + by_words))
        if not near:
            return "list people with nba-props sql 'SELECT * FROM nba_reference.nba_players_registry'"
        return f"did you mean {'; '.join(map(self.known_as, near[:3]))}?"

    def known_as(self, universal_player_id: str) -> str:
        """Name, key, id and team of the day."""
        one = self.registry.candidate(universal_player_id)
        team = f", {one.team_abbr}" if one.team_abbr else ""
        return f"{one.player_name} ({one.player_lookup}, {universal_player_id}{team})"

    def found(self, universal_player_id: str, method: str) -> Found:
        one = self.registry.candidate(universal_player_id)
        return Found(universal_player_id, one.player_lookup, one.player_name, method)

    def _by_id(self, universal_player_id: str, text: str) -> Found:
        if universal_player_id not in self.registry.index.people:
            raise BadInput(
                f"There is no player with the id {text.strip()!r}.",
                next_step="give a name, a lookup such as lebronjames, or an id such as nba_2544",
            )
        return self.found(universal_player_id, "id")

    def _nearest_keys(self, text: str) -> list[str]:
        """People whose key is nearest: a lookup has no word ends for suggestions to compare."""
        from rapidfuzz import fuzz, process

        keys = {one.universal_player_id: player_lookup(one.player_name) for one in self.people}
        near = process.extract(player_lookup(text), keys, scorer=fuzz.ratio, limit=3, score_cutoff=70)
        return [found for _, _, found in near]

    def _of_day(self, sql: str) -> list[dict[str, Any]]:
        if self.day is None:
            return []
        return self.platform.warehouse.query(sql, {"start_date": self.day, "end_date": self.day}).to_pylist()


def players_of(platform: Platform, text: str | None, days: Sequence[date]) -> tuple[Found, ...]:
    """People of a comma-separated option. Names with a comma cannot be told apart: write such a name without it."""
    if text is None:
        return ()
    directory = Directory(platform, max(days) if days else None)
    found = [directory.find(one.strip()) for one in text.split(",") if one.strip()]
    if not found:
        raise BadInput("--players names nobody.", next_step="give names, lookups or ids, with commas between them")
    return tuple({one.universal_player_id: one for one in found}.values())
