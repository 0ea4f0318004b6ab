"""What was published for a date, and where it is."""

from datetime import date
from pathlib import Path
from typing import Any

from nba_props.cli.shared import rows_of
from nba_props.platform import Platform
from nba_props.settings import Target

_LOG = """
select path, state, detail, published_at
from nba_monitoring.export_log
where game_date = @start_date
order by path
"""


def published_for(platform: Platform, day: date) -> list[dict[str, Any]]:
    """The export log of a date, each with its place."""
    rows = rows_of(platform.warehouse.query(_LOG, {"start_date": day}))
    return [row | {"location": location(platform, row["path"])} for row in rows]


def location(platform: Platform, path: str) -> str:
    """Where an object is: a file of the home, or a URL of the bucket."""
    folder = Path(platform.settings.dataset_prefix) / path
    if platform.settings.target is Target.GCP:
        return f"gs://{platform.settings.gcs_bucket}/{folder}"
    return str(platform.home / "bucket" / folder)
