"""A small table with every column type, for tests of what is made of a declaration."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import Field

from nba_props.catalog import Layer, Table
from nba_props.catalog.model import Row


class ExampleRow(Row):
    game_date: Annotated[date, Field(description="Slate date.")]
    key: Annotated[str, Field(description='Key | of the "row", c:\\temp.')]
    amount: Annotated[int | None, Field(description="A whole number.")]
    share: Annotated[float | None, Field(description="A share, 0-1.")]
    is_main: Annotated[bool, Field(description="TRUE for the main row.")]
    seen_at: Annotated[datetime | None, Field(description="When seen, UTC.")]
    created_at: Annotated[datetime, Field(description="When first written, UTC.")]


EXAMPLE = Table(
    Layer.RAW,
    "example",
    "An example.",
    ExampleRow,
    ("game_date", "key"),
    "game_date",
    ("key", "is_main"),
    reads=("nba_raw.schedule", "nba_reference.player_aliases"),
)
UNDATED = Table(Layer.RAW, "undated", "An example without partitions.", ExampleRow, ("key",))

NOON = datetime(2024, 1, 1, 17, tzinfo=UTC)


def example(**changes: Any) -> ExampleRow:
    """A valid row with some values changed."""
    row: dict[str, Any] = {
        "game_date": date(2024, 1, 1),
        "key": "a",
        "amount": 1,
        "share": 0.5,
        "is_main": True,
        "seen_at": None,
        "created_at": NOON,
    }
    return ExampleRow(**(row | changes))
