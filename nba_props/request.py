"""What a run was asked for beyond its partitions: run tags, and the SQL parameters that follow from them.

Tags, because every way to start a run has them (command line, UI, sensor, backfill), so that all mean the same.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nba_props.domain.systems import SYSTEM_IDS
from nba_props.errors import BadInput
from nba_props.platform import Platform

AS_OF_TAG = "nba_props/as_of"
PLAYERS_TAG = "nba_props/players"
SYSTEMS_TAG = "nba_props/systems"
FORCE_TAG = "nba_props/force"
SKIP_GATE_TAG = "nba_props/skip_completeness_gate"


def parameters(platform: Platform, tags: Mapping[str, str]) -> dict[str, Any]:
    """Values of the @params that settings, clock and tags decide (`live_from_date` is today: a slate not yet over is live)."""
    return {
        "now": platform.now,
        "as_of": as_of(tags),
        "live_from_date": platform.today,
        "min_minutes": platform.settings.min_minutes,
        "systems": list(SYSTEM_IDS),
        "skip_completeness_gate": tags.get(SKIP_GATE_TAG) == "true",
    }


def as_of(tags: Mapping[str, str]) -> datetime | None:
    """The explicit instant of knowledge, if the run names one."""
    return parse_instant(tags[AS_OF_TAG]) if tags.get(AS_OF_TAG) else None


def players(tags: Mapping[str, str]) -> list[str] | None:
    """Universal player ids the run is limited to; None for everyone."""
    return [one for one in tags.get(PLAYERS_TAG, "").split(",") if one] or None


def systems(tags: Mapping[str, str]) -> list[str]:
    """Systems the run is limited to, in their order; all by default."""
    wanted = [one for one in tags.get(SYSTEMS_TAG, "").split(",") if one]
    return known_systems(wanted) if wanted else list(SYSTEM_IDS)


def known_systems(names: list[str]) -> list[str]:
    """The named systems in their order; BadInput names one that does not exist."""
    unknown = [name for name in names if name not in SYSTEM_IDS]
    if unknown:
        raise BadInput(f"There is no system {', '.join(unknown)}.", next_step=f"Systems are: {', '.join(SYSTEM_IDS)}.")
    return [name for name in SYSTEM_IDS if name in names]


def parse_instant(text: str) -> datetime:
    """An ISO instant with offset; BadInput says what is accepted."""
    try:
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise BadInput(
            f"{text!r} is not an instant with an offset.", next_step="Write it like 2024-03-15T18:00:00-04:00."
        )
    return instant
