"""The data dictionary: it says what is declared, and the committed one is today's."""

from pathlib import Path

import pytest

from nba_props.catalog import TABLES
from nba_props.catalog.render.markdown import REGENERATE, index_page, table_page, write_pages
from nba_props_tests.catalog.tables import EXAMPLE, UNDATED

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "tables"


def pages_in(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.md"))}


def test_committed_pages_equal_regenerated_ones(tmp_path: Path) -> None:
    write_pages(tmp_path)
    fresh, committed = pages_in(tmp_path), pages_in(COMMITTED)
    stale = sorted(name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name))
    assert not stale, f"docs/tables does not match the catalogue in {', '.join(stale)}; run: {REGENERATE}"


def test_page_says_what_is_declared() -> None:
    page = table_page(EXAMPLE)
    for line in (
        "# nba_raw.example",
        "An example.",
        "| Layer | raw |",
        "| Kind | asset |",
        "| Grain | `game_date`, `key` |",
        "| Partition | `game_date` |",
        "| Clustering | `key`, `is_main` |",
        "| Built by | asset `raw/example` |",
        "| Reads | [nba_raw.schedule](nba_raw.schedule.md), "
        "[nba_reference.player_aliases](nba_reference.player_aliases.md) |",
        "| `game_date` | DATE | no | Slate date. |",
        "| `share` | FLOAT64 | yes | A share, 0-1. |",
    ):
        assert line in page.splitlines()
    assert "| Partition | none |" in table_page(UNDATED)


def test_description_cannot_break_its_table() -> None:
    assert r'| `key` | STRING | no | Key \| of the "row", c:\\temp. |' in table_page(EXAMPLE).splitlines()
    staging = table_page(TABLES["nba_monitoring.staging_tables"])
    assert r"\_staging\_{batch_id\}" not in staging
    assert r"| \_staging\_{batch_id}\_{system}\_{writer}. |" in staging


def test_page_names_the_sql_file_and_the_readers() -> None:
    page = table_page(TABLES["nba_analytics.line_prices"])
    assert "[`sql/analytics/line_prices.sql`](../../sql/analytics/line_prices.sql)" in page
    assert "[nba_analytics.upcoming_player_game_context](nba_analytics.upcoming_player_game_context.md)" in page


def test_index_lists_every_table_under_its_layer() -> None:
    index = index_page(TABLES.values())
    headings = [line for line in index.splitlines() if line.startswith("## ")]
    assert headings == [f"## {layer}" for layer in dict.fromkeys(table.layer for table in TABLES.values())]
    assert all(f"[{name}]({name}.md)" in index for name in TABLES)


def test_links_lead_to_pages(tmp_path: Path) -> None:
    write_pages(tmp_path)
    targets = {
        part.split(")")[0] for page in pages_in(tmp_path).values() for part in page.split("](")[1:] if "../" not in part
    }
    assert targets == {f"{name}.md" for name in TABLES}


@pytest.mark.parametrize("is_generated", [True, False])
def test_pages_of_former_tables_go_and_other_files_stay(tmp_path: Path, is_generated: bool) -> None:
    former = tmp_path / "nba_raw.former.md"
    former.write_text(table_page(EXAMPLE) if is_generated else "# Written by hand\n", encoding="utf-8")
    write_pages(tmp_path)
    assert former.exists() is not is_generated
