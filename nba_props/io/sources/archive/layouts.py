"""The layouts a file of an archive may have: our own (one a kind of row) and, from `csv_formats`, other people's.

A layout says which columns it cannot do without, what the others are worth, and how its rows become batches in the
archive's own column names. Not here: files and bytes (`files`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pyarrow as pa

from nba_props.io.sources.archive.payloads import words


class Kind(StrEnum):
    """What a row of an archive is about; also the name of the file of our own layout."""

    PLAYER_BOX = "player_box"
    GAMES = "games"
    POINTS_LINES = "points_lines"
    PLAYERS = "players"
    DNP = "dnp"
    INJURIES = "injuries"
    ROSTERS = "rosters"


COST_OF_KIND = {
    Kind.PLAYER_BOX: "no box scores: no features and no actual points, so that nothing can be predicted or graded",
    Kind.GAMES: "schedule and results are derived from box scores: no tip-off times (noon Eastern bounds what was "
    "known) and no spreads or totals to compare with",
    Kind.POINTS_LINES: "no lines: points are predicted, but nothing is priced, and there is no hit rate or ROI",
    Kind.PLAYERS: "no positions and no birth dates: the age part of fatigue stays unknown",
    Kind.DNP: "absences are not typed: a player who sat out looks like one who has no box score",
    Kind.INJURIES: "injury_risk stays unknown, and nobody is left out as injured",
    Kind.ROSTERS: "rosters are derived from earlier box scores and pre-tip quotes",
}
"""What an archive goes without when nothing in it holds rows of a kind."""


Costs = Mapping[tuple[str, ...], str]
"""What goes without the columns of each group."""


@dataclass(frozen=True)
class Layout:
    """How a file is recognised and read.

    `required` are the columns without which no row can be read; `costs` says, for groups of optional columns, what goes
    without them; `split` turns the file's table into (kind, table in our column names, rows it covers) parts.
    """

    name: str
    required: frozenset[str]
    kinds: tuple[Kind, ...]
    split: Callable[[pa.Table], list[tuple[Kind, pa.Table, np.ndarray]]]
    costs: Costs = field(default_factory=dict)

    def lacks(self, columns: tuple[str, ...]) -> list[str]:
        """Required columns that a header does not have, in alphabetical order."""
        return sorted(self.required - set(columns))


def every_row(table: pa.Table) -> np.ndarray:
    """The mask of a part that covers its whole file."""
    return np.ones(table.num_rows, dtype=bool)


def _native(kind: Kind, required: str, costs: Costs) -> Layout:
    return Layout(
        kind.value, frozenset(words(required)), (kind,), lambda table: [(kind, table, every_row(table))], costs
    )


_FROM_GAME_ID = "taken from the game id, or from the date"
_FROM_GAME = "taken from the games, for which the archive must have them"
_NATIVE: tuple[tuple[Kind, str, Costs], ...] = (
    (
        Kind.PLAYER_BOX,
        "game_id player_id player_name team_abbr minutes pts",
        {
            ("season", "season_type"): _FROM_GAME_ID,
            ("game_date", "opp_abbr", "is_home", "win"): _FROM_GAME,
            ("started",): "starters are not known",
            words(
                "fgm fga fg3m fg3a ftm fta"
            ): "points cannot be checked against shots, and there are no shot shares, usage or possessions",
            ("oreb", "tov"): "possessions, pace and ratings are not known",
            words("dreb reb ast stl blk pf plus_minus"): "not shown; no system uses them",
            words("fgm_paint fga_paint fgm_mid fga_mid"): "no shot zones: the split of twos, threes and free "
            "throws stands in where a system allows it",
        },
    ),
    (
        Kind.GAMES,
        "game_id game_date home_abbr away_abbr",
        {
            ("season", "season_type"): _FROM_GAME_ID,
            ("home_pts", "away_pts"): "results are derived from box scores",
            ("tip_utc",): "tip-off times are not known: noon Eastern of the slate bounds what was known",
            ("home_spread", "total_line"): "no game lines to compare with",
        },
    ),
    (
        Kind.POINTS_LINES,
        "game_date player_name bookmaker line snapshot_utc",
        {
            ("season",): "taken from the date",
            ("tip_utc",): "only quotes seen before noon Eastern of the slate can be used",
            ("pre_tip",): "the source's own word on pre-tip is not known",
            ("home_abbr", "away_abbr"): "names are resolved without the help of the two teams",
            ("event_id", "line_type"): "quotes are traced by name, book and instant only",
            ("is_main",): "a line counts as main only where it is the only one of its book, player and snapshot",
            ("over_price", "under_price"): "no prices: no ROI, and no market probability",
        },
    ),
    (
        Kind.PLAYERS,
        "player_id player_name",
        {
            ("birth_date",): "the age part of fatigue stays unknown",
            ("position", "height", "weight"): "not shown",
        },
    ),
    (
        Kind.DNP,
        "game_id player_id player_name team_abbr comment",
        {("season",): _FROM_GAME_ID, ("game_date",): _FROM_GAME},
    ),
    (Kind.INJURIES, "game_date team_abbr player_name status reported_utc", {("reason",): "reasons are not shown"}),
    (Kind.ROSTERS, "roster_date team_abbr player_id player_name", {}),
)
NATIVE = {kind.value: _native(kind, required, costs) for kind, required, costs in _NATIVE}
"""Our own layouts, by file name without suffix."""
