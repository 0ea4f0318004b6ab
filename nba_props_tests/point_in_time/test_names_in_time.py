"""A person's name and key are what was known of him first: a later game renames nobody."""

from datetime import date

import pandas as pd

from nba_props.assets.reference.registry import registry_rows

ROOKIE = 9_000_001


def names(*, played: bool) -> set[tuple[str, str]]:
    """(name, key) of somebody whom a roster names before his first game, and whom the undated list has not."""
    appearances = pd.DataFrame(
        [(ROOKIE, "BOS", "2025-26", date(2025, 11, 12), date(2025, 11, 12), 1)] if played else [],
        columns=["source_player_id", "team_abbr", "season", "first_game_date", "last_game_date", "games"],
    )
    spelled = pd.DataFrame(
        [(ROOKIE, "Jose Alvarez", date(2025, 11, 12))] if played else [],
        columns=["source_player_id", "player_name", "first_known_date"],
    )
    rostered = pd.DataFrame(
        [(ROOKIE, "BOS", "José Álvarez Jr.", date(2025, 11, 1))],
        columns=["source_player_id", "team_abbr", "player_name", "first_known_date"],
    )
    listed = pd.DataFrame([], columns=["source_player_id", "player_name", "position", "birth_date"])
    rows = registry_rows(appearances, spelled, rostered, listed).to_pylist()
    return {(row["player_name"], row["player_lookup"]) for row in rows}


def test_a_first_game_does_not_rename_whom_a_roster_named_before() -> None:
    assert names(played=True) == names(played=False) == {("José Álvarez Jr.", "josealvarezjr")}
