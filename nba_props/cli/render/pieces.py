"""Words and colours that several results share."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

_COLOURS = {
    "READY": "green",
    "DEGRADED": "yellow",
    "NOT READY": "red",
    "NO SLATE": "cyan",
    "ok": "green",
    "warning": "yellow",
    "critical": "red",
    "no_slate": "cyan",
    "partial": "yellow",
    "failed": "red",
    "not configured": "cyan",
    "left out": "cyan",
}


def coloured(word: str) -> str:
    """A verdict, level or state in its colour, as rich markup."""
    return f"[bold {_COLOURS.get(word, 'white')}]{word}[/bold {_COLOURS.get(word, 'white')}]"


def funnel(counts: Mapping[str, int]) -> str:
    """Players left after each layer, in the layers' order."""
    words = {
        "roster_players": "on rosters",
        "eligible_players": "eligible",
        "ready_players": "ready",
        "feature_players": "with features",
        "predicted": "predicted",
    }
    return " -> ".join(f"{counts[name]} {word}" for name, word in words.items() if name in counts) or "not computed"


def joined(counts: Mapping[str, Any]) -> str:
    """Counts by what they are of, in one line."""
    return ", ".join(
        f"{name.replace('_', ' ') if isinstance(value, int) else name} {value}" for name, value in counts.items()
    )


def short(reasons: Sequence[str]) -> str:
    """The first, and how many more there are."""
    more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}" if reasons else ""


def age(minutes: float) -> str:
    """Minutes, hours or days, whichever reads well."""
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"


def dates(days: Sequence[date]) -> str:
    """Latest first."""
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} and {len(days) - 1} before"


def ends(days: Sequence[date]) -> list[str]:
    """First and last; one where they are the same."""
    return list(dict.fromkeys(str(day) for day in (*days[:1], *days[-1:])))


def span(seasons: Sequence[str]) -> str:
    """First and last season; one where there is one."""
    return seasons[0] if len(seasons) == 1 else f"{seasons[0]} to {seasons[-1]}"
