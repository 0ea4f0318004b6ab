"""How sources that are not the league's own report word an injury: their status as one of our five, their story cut to size."""

from collections.abc import Mapping
from typing import Final

LONGEST_REASON: Final = 500
"""Characters of a reason that a row holds; a status is not to be lost because its story is long."""

_STATUS: Final[Mapping[str, str]] = {
    "out": "out",
    "out for season": "out",
    "suspension": "out",
    "doubtful": "doubtful",
    "questionable": "questionable",
    "day-to-day": "questionable",
    "probable": "probable",
    "available": "available",
    "active": "available",
}


def injury_status(spelling: str) -> str | None:
    """Our word for a status (case and outer spaces do not matter); None for one that nobody has given a meaning yet."""
    return _STATUS.get(spelling.strip().casefold())


def injury_reason(story: str | None) -> str | None:
    """The story, cut to what a row holds; None for none."""
    text = (story or "").strip()
    return text[:LONGEST_REASON] or None
