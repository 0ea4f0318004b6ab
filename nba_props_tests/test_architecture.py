"""Laws of the house: the layout, one declaration for each thing, and documents that say what is."""

import ast
import re
from pathlib import Path

import pytest

from nba_props.assets.predictions import inputs as prediction_inputs
from nba_props.catalog import TABLES, columns
from nba_props.catalog.model import Layer, TableKind
from nba_props.definitions import build_defs
from nba_props.io.warehouse.sqltext import PARAMETERS, SQL_ROOT, parameters_used, parse, sql_path, tables_read
from nba_props.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "nba_props"
PURE = ("domain", "catalog")
CLIENTS = {"dagster", "dagster_gcp", "google", "duckdb", "requests", "httpx", "nba_api", "apprise", "typer", "rich"}
SQL_FILES = sorted(SQL_ROOT.rglob("*.sql"))


def imports_of(path: Path) -> set[str]:
    """Modules a file imports, dotted."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", [p for part in PURE for p in (PACKAGE / part).rglob("*.py")], ids=lambda p: p.name)
def test_pure_layers_know_no_framework_no_client_no_edge(path: Path) -> None:
    imported = imports_of(path)
    roots = {name.split(".")[0] for name in imported}
    assert not roots & CLIENTS, f"{path} imports {roots & CLIENTS}"
    own = {name.split(".")[1] for name in imported if name.startswith("nba_props.")}
    assert own <= {"domain", "catalog", "errors"}, f"{path} imports nba_props.{own}"


@pytest.mark.parametrize("path", list((PACKAGE / "domain").rglob("*.py")), ids=lambda p: p.name)
def test_domain_reads_no_clock_no_environment_and_no_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for forbidden in ("datetime.now", "date.today", "time.time(", "os.environ", "open(", "Path("):
        assert forbidden not in text, f"{path} uses {forbidden}"


def test_only_settings_read_the_environment() -> None:
    allowed = {PACKAGE / "settings.py", PACKAGE / "platform.py"}  # platform: the build commit an image was made from
    offenders = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if path not in allowed and re.search(r"os\.environ\.get|os\.getenv|environ\[", path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


def test_each_sql_built_table_has_exactly_its_file_and_no_file_is_orphaned() -> None:
    built = {sql_path(table) for table in TABLES.values() if table.is_sql_built}
    named = {SQL_ROOT / "predictions" / f"{name}.sql" for name in prediction_inputs.QUERIES}
    elsewhere = {path for path in SQL_FILES if _is_read_by_name(path)}
    assert {str(path) for path in built | named if not path.exists()} == set()
    assert {str(path) for path in set(SQL_FILES) - built - named - elsewhere} == set()


def _is_read_by_name(path: Path) -> bool:
    """A query that builds no table is named in the code that runs it."""
    folders = {
        "automation": PACKAGE / "automation",
        "checks": PACKAGE / "checks",
        "evaluation": PACKAGE / "evaluation",
        "exports": PACKAGE / "assets" / "exports",
        "grading": PACKAGE / "assets" / "grading",
    }
    folder = folders.get(path.parent.name)
    return folder is not None and any(path.stem in one.read_text(encoding="utf-8") for one in folder.glob("*.py"))


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_sql_names_only_catalogued_tables_and_known_parameters(path: Path) -> None:
    statement = parse(path.read_text(encoding="utf-8"))
    assert tables_read(statement) <= set(TABLES)
    assert parameters_used(statement) <= set(PARAMETERS)


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_sql_opens_with_purpose_grain_and_point_in_time_rule(path: Path) -> None:
    header = path.read_text(encoding="utf-8").splitlines()[:4]
    for word in ("-- Purpose:", "-- Grain:", "-- Point in time:"):
        assert any(line.startswith(word) for line in header), f"{path.name} lacks {word}"


@pytest.mark.parametrize("table", [t for t in TABLES.values() if t.is_sql_built], ids=lambda t: t.full_name)
def test_tables_read_by_sql_are_the_declared_dependencies(table) -> None:
    statement = parse(sql_path(table).read_text(encoding="utf-8"))
    assert tables_read(statement) == set(table.reads)
    assert [projection.alias_or_name for projection in statement.selects] == list(table.column_names)


def test_every_catalogued_asset_table_has_an_asset_and_the_reverse() -> None:
    tables = {table.asset_key for table in TABLES.values() if table.kind is TableKind.ASSET}
    graph = build_defs().resolve_asset_graph()
    keys = {tuple(key.path) for key in graph.materializable_asset_keys}
    derived = {
        key
        for key in keys
        if key[1].startswith("staging_") or key[0] == Layer.EXPORTS.value or key[1].endswith("_model")
    }
    assert keys - derived == tables


def test_every_shared_column_is_used() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "catalog").glob("*.py"))
    shared = [name for name in vars(columns) if name[0].isupper() and name not in ("Annotated", "Field")]
    assert [name for name in shared if not re.search(rf"\bc\.{name}\b", text)] == []


def test_settings_equal_env_example() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = {line.lstrip("# ").split("=")[0] for line in lines if "=" in line}
    assert named == {f"NBA_PROPS_{name.upper()}" for name in Settings.model_fields} | {"NBA_PROPS_BUILD_COMMIT"}


def test_the_table_of_contents_fits_a_screen() -> None:
    assert len((PACKAGE / "definitions.py").read_text(encoding="utf-8").splitlines()) <= 60


def test_importing_the_package_reads_no_google_package() -> None:
    import subprocess
    import sys

    code = "import nba_props.definitions, sys; print([m for m in sys.modules if m.startswith('google.cloud')])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "[]"
