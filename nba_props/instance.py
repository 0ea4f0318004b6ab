"""The Dagster instance of a home: where runs, events and schedules are kept, so that commands and the UI share one record."""

from pathlib import Path

import dagster as dg

from nba_props.io.dagster_records import OWN_SETTINGS
from nba_props.platform import Platform
from nba_props.pools import keep_limits
from nba_props.settings import Settings

TEMPLATE = Path(__file__).parent / "dagster.yaml.template"


def dagster_home(platform: Platform) -> Path:
    """Directory of the instance, its `dagster.yaml` in place (a hand-written one, without our first line, is left alone)."""
    home = platform.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    wanted = settings_text(platform.settings, home)
    if not config.exists() or (config.read_text().startswith(OWN_SETTINGS) and config.read_text() != wanted):
        partial = config.with_suffix(".tmp")
        partial.write_text(wanted)
        partial.replace(config)
    return home


def settings_text(settings: Settings, home: Path) -> str:
    """What `dagster.yaml` says on a laptop: the template, its records in `home`, and as many runs at once as set."""
    text = TEMPLATE.read_text(encoding="utf-8").replace("{home}", home.as_posix())
    shipped = f"max_concurrent_runs: {Settings.model_fields['runs_at_once'].default}"
    return text.replace(shipped, f"max_concurrent_runs: {settings.runs_at_once}")


def open_instance(platform: Platform) -> dg.DagsterInstance:
    """The instance of this home, its pools as set; close it after use (it is a context manager)."""
    instance = dg.DagsterInstance.from_config(str(dagster_home(platform)))
    keep_limits(instance, platform.settings)
    return instance
