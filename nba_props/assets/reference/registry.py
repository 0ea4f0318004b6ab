"""`reference/nba_players_registry`: who exists, in which team and season, and since when they are known."""

import dagster as dg
import pandas as pd
import pyarrow as pa

from nba_props.assets._factory import OWNERS
from nba_props.assets._spec import asset_spec_kwargs
from nba_props.catalog import table
from nba_props.catalog.render.arrow import arrow_schema
from nba_props.domain.names import player_lookup
from nba_props.history import recorded
from nba_props.platform import Platform
from nba_props.pools import WRITES

REGISTRY = table("nba_reference.nba_players_registry")

_APPEARANCES = """
select
    source_player_id, team_abbr, season, min(game_date) as first_game_date, max(game_date) as last_game_date, count(*) as games
from nba_raw.player_box_scores
group by source_player_id, team_abbr, season
"""

_FIRST_SPELLING = """
select source_player_id, player_name, game_date as first_known_date
from nba_raw.player_box_scores
qualify row_number() over (partition by source_player_id order by game_date, game_id) = 1
"""

# Known on the morning of the roster, so not yet known on the day before.
_FIRST_ROSTER = """
select source_player_id, team_abbr, player_name, cast(date_sub(roster_date, interval 1 day) as date) as first_known_date
from nba_raw.roster_snapshots
qualify row_number() over (partition by source_player_id order by roster_date, team_abbr) = 1
"""

_LISTED = "select source_player_id, player_name, position, birth_date from nba_raw.player_list"

NONE = "NONE"


@dg.asset(**asset_spec_kwargs(REGISTRY), owners=OWNERS, pool=WRITES)
def nba_players_registry(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult:
    warehouse = platform.warehouse
    appearances, spelled, rostered, listed = (
        warehouse.query(sql).to_pandas() for sql in (_APPEARANCES, _FIRST_SPELLING, _FIRST_ROSTER, _LISTED)
    )
    with recorded(platform, context.run.run_id, "/".join(REGISTRY.asset_key)) as step:
        rows = registry_rows(appearances, spelled, rostered, listed)
        step.rows_written = warehouse.replace_rows(REGISTRY, rows)
    people = len(set(rows["universal_player_id"].to_pylist()))
    return dg.MaterializeResult(metadata={"dagster/row_count": rows.num_rows, "people": people, **step.usage_metadata})


def registry_rows(
    appearances: pd.DataFrame, spelled: pd.DataFrame, rostered: pd.DataFrame, listed: pd.DataFrame
) -> pa.Table:
    """One row a player, team and season; one more for people with no game.

    A person is named by the undated list if it has them, else by the first box score or roster: a later game renames nobody.
    """
    seen = pd.concat([spelled, rostered]).sort_values("first_known_date", kind="stable")
    spellings = pd.concat([listed, seen])[["source_player_id", "player_name"]]
    names = spellings.drop_duplicates("source_player_id").set_index("source_player_id")["player_name"]
    known = pd.concat(
        [
            appearances[["source_player_id", "first_game_date"]].rename(
                columns={"first_game_date": "first_known_date"}
            ),
            rostered[["source_player_id", "first_known_date"]],
        ]
    )
    first_known = known.groupby("source_player_id")["first_known_date"].min()
    without_game = names.index.difference(pd.Index(appearances["source_player_id"]))
    rows = pd.concat(
        [
            appearances,
            pd.DataFrame({"source_player_id": without_game, "team_abbr": NONE, "season": NONE, "games": 0}),
        ],
        ignore_index=True,
    )
    rows["player_name"] = rows["source_player_id"].map(names)
    rows["player_lookup"] = rows["player_name"].map(player_lookup)
    rows["universal_player_id"] = "nba_" + rows["source_player_id"].astype(str)
    rows["is_listed"] = rows["source_player_id"].isin(listed["source_player_id"])
    rows["first_known_date"] = rows["source_player_id"].map(first_known).where(~rows["is_listed"])
    particulars = listed.set_index("source_player_id")
    for column in ("position", "birth_date"):
        rows[column] = rows["source_player_id"].map(particulars[column])
    rows = rows[list(REGISTRY.column_names)].astype(object)
    return pa.Table.from_pylist(rows.where(rows.notna(), None).to_dict("records"), schema=arrow_schema(REGISTRY))
