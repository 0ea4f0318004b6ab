"""Column lineage: read off the queries, committed, and true of tables that exist."""

from nba_props.catalog import TABLES, table
from nba_props.catalog.lineage import LINEAGE, column_lineage
from nba_props.io.warehouse.lineage import REGENERATE, all_lineage, rendered


def test_the_file_says_what_the_queries_do() -> None:
    assert LINEAGE.read_text(encoding="utf-8") == rendered(all_lineage()), f"a query has changed; run: {REGENERATE}"


def test_every_column_of_a_sql_built_table_has_a_line_and_every_source_is_catalogued() -> None:
    told = column_lineage()
    for name, one in TABLES.items():
        assert (name in told) == one.is_sql_built
        if one.is_sql_built:
            assert tuple(told[name]) == one.column_names
            for dataset, read, column in {source for found in told[name].values() for source in found}:
                assert f"{dataset}.{read}" in one.reads
                assert column in table(f"{dataset}.{read}").column_names


def test_a_column_is_followed_through_common_tables_unions_and_windows() -> None:
    rosters = column_lineage()["nba_raw.team_rosters"]
    assert rosters["last_seen_date"] == (("nba_raw", "player_box_scores", "game_date"),)
    assert {read for _, read, _ in rosters["player_name"]} == {
        "player_box_scores",
        "roster_reports",
        "roster_snapshots",
    }
    features = column_lineage()["nba_precompute.ml_feature_store"]
    assert features["points_avg_last_5"] == (("nba_precompute", "player_daily_cache", "points_avg_last_5"),)
    assert features["feature_version"] == ()
