"""What Dagster is told of each table, as Dagster understands it."""

import dagster as dg
import pytest

from nba_props.assets._spec import asset_spec_kwargs, table_schema
from nba_props.catalog import TABLES, Table
from nba_props.catalog.model import TableKind
from nba_props_tests.catalog.tables import EXAMPLE, UNDATED

ASSETS = {name: table for name, table in TABLES.items() if table.kind is TableKind.ASSET}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_schema_has_every_column(table: Table) -> None:
    columns = table_schema(table).columns
    assert [(c.name, c.type, c.description, c.constraints.nullable) for c in columns] == [
        (column.name, column.type.value, column.description, column.is_nullable) for column in table
    ]


def test_schema_states_the_grain() -> None:
    assert table_schema(EXAMPLE).constraints == dg.TableConstraints(other=["unique: game_date, key"])
    assert [c.name for c in table_schema(EXAMPLE).columns if c.constraints.unique] == []
    assert [c.name for c in table_schema(UNDATED).columns if c.constraints.unique] == ["key"]


def test_spec_of_a_table() -> None:
    spec = dg.AssetSpec(**asset_spec_kwargs(EXAMPLE))
    assert spec.key == dg.AssetKey(["raw", "example"])
    assert spec.group_name == "raw"
    assert spec.description == "An example.\n\nGrain: game_date, key."
    assert spec.kinds == {"python"}
    assert spec.owners == []
    assert spec.metadata["dagster/table_name"] == "nba_raw.example"
    assert spec.metadata["dagster/column_schema"] == table_schema(EXAMPLE)
    assert (spec.metadata["grain"], spec.metadata["partition_by"]) == ("game_date, key", "game_date")
    assert "partition_by" not in asset_spec_kwargs(UNDATED)["metadata"]


def test_only_assets_are_dependencies() -> None:
    assert asset_spec_kwargs(EXAMPLE)["deps"] == [dg.AssetKey(["raw", "schedule"])]  # not the operational aliases


def test_sql_built_tables_are_of_kind_sql() -> None:
    sql_built = {name for name, table in ASSETS.items() if asset_spec_kwargs(table)["kinds"] == {"sql"}}
    assert sql_built == {name for name, table in ASSETS.items() if table.is_sql_built}


def test_assets_of_the_catalogue_form_one_graph() -> None:
    def compute() -> None: ...

    definitions = dg.Definitions(assets=[dg.asset(**asset_spec_kwargs(table))(compute) for table in ASSETS.values()])
    dg.Definitions.validate_loadable(definitions)  # refuses a cycle
    graph = definitions.resolve_asset_graph()
    assert graph.get_all_asset_keys() == {dg.AssetKey(list(table.asset_key)) for table in ASSETS.values()}
    assert graph.unexecutable_asset_keys == set()  # every dependency is an asset of the catalogue
