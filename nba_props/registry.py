"""Who may be meant by a name, as the reference tables have it: people and aliases, ready for `domain.names`."""

from nba_props.domain.names import Alias, Person
from nba_props.platform import Platform

_PEOPLE = """
select distinct universal_player_id, player_name, first_known_date
from nba_reference.nba_players_registry
order by universal_player_id, player_name, first_known_date
"""

_ALIASES = """
select alias_lookup, canonical_lookup, alias_type, is_active from nba_reference.player_aliases
order by alias_lookup, canonical_lookup
"""


def registered_people(platform: Platform) -> list[Person]:
    """Every person of the registry under every spelling, with the date until which they were not known."""
    return [Person(**row) for row in platform.warehouse.query(_PEOPLE).to_pylist()]


def aliases(platform: Platform) -> list[Alias]:
    """Every alias; those switched off say so."""
    return [Alias(**row) for row in platform.warehouse.query(_ALIASES).to_pylist()]
