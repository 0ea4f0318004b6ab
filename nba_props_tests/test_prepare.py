"""What a warehouse gets before its first run, and when that run is killed half-way."""

from pathlib import Path

from nba_props.catalog import TABLES
from nba_props.domain.names import SHIPPED_ALIASES
from nba_props.history import recorded
from nba_props.platform import Platform
from nba_props.prepare import migrate, prepare
from nba_props.settings import load_settings


def reference_rows(platform: Platform) -> tuple[int, int]:
    asked = (f"SELECT COUNT(*) AS n FROM nba_reference.{name}" for name in ("player_aliases", "bookmakers"))
    aliases, books = (platform.warehouse.query(one)["n"][0].as_py() for one in asked)
    return aliases, books


def test_a_start_killed_between_tables_and_rows_is_made_good(tmp_path: Path) -> None:
    opened = Platform(load_settings(home=tmp_path))
    opened.ensure_tables()
    assert reference_rows(opened) == (0, 0)
    assert prepare(opened) == []
    aliases, books = reference_rows(opened)
    assert aliases == len(SHIPPED_ALIASES)
    assert books > 0


def test_a_migration_ships_what_is_new_and_keeps_what_a_person_changed(platform: Platform) -> None:
    warehouse = platform.warehouse
    aliases = TABLES["nba_reference.player_aliases"]
    first = warehouse.query("SELECT * FROM nba_reference.player_aliases ORDER BY alias_lookup LIMIT 2")
    changed = first.slice(0, 1).set_column(first.column_names.index("notes"), "notes", [["a person's"]])
    warehouse.upsert(aliases, changed.select(aliases.column_names))
    second = first["alias_lookup"][1].as_py()
    warehouse.delete(aliases, f"alias_lookup = '{second}'", {})
    done = migrate(platform)
    assert (done.created, done.added, done.shipped) == ([], {}, 1)
    assert migrate(platform).shipped == 0
    kept = warehouse.query("SELECT * FROM nba_reference.player_aliases ORDER BY alias_lookup LIMIT 2")
    assert kept["notes"].to_pylist() == ["a person's", "shipped with the platform"]


def test_a_run_records_the_prefix_in_force(tmp_path: Path) -> None:
    opened = Platform(load_settings(home=tmp_path, dataset_prefix="dev_"))
    prepare(opened)
    with recorded(opened, "run-1", "analytics/line_prices"):
        pass
    rows = opened.warehouse.query("SELECT status, dataset_prefix FROM nba_reference.processor_run_history").to_pylist()
    assert rows == [{"status": "success", "dataset_prefix": "dev_"}]
