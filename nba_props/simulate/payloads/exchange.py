"""What a source is asked and what it answers, before any of it is HTTP."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nba_props.simulate.payloads.world import World

JSON, HTML, PDF = "application/json", "text/html; charset=utf-8", "application/pdf"


@dataclass(frozen=True)
class Ask:
    """One GET: the path below the source's base URL, and its parameters."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """One answer. `cost` is what it takes off a quota, where the source counts one."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    cost: int = 0


Page = Callable[[World, datetime, Ask, "re.Match[str]"], Answer]
"""What answers one kind of address: the league, the present instant, what is asked, the path as matched."""


@dataclass(frozen=True)
class Site:
    """A source's addresses, as (pattern of the whole path, what answers it), and where it looks for its key."""

    pages: Sequence[tuple[str, Page]]
    key_header: str = ""
    key_param: str = ""
    without_key: Answer = field(default_factory=lambda: Answer(b"", 401))
    counts_quota: bool = False

    def answer(self, world: World, now: datetime, ask: Ask) -> Answer:
        """The answer at an instant; 404 for an address that the source does not have, 400 for unusable parameters."""
        for pattern, page in self.pages:
            match = re.fullmatch(pattern, ask.path)
            if match is not None:
                return _answered(page, world, now, ask, match)
        return not_found()


class BadAsk(Exception):
    """A parameter is missing or makes no sense; the source answers 400 and says which."""


def _answered(page: Page, world: World, now: datetime, ask: Ask, match: "re.Match[str]") -> Answer:
    try:
        return page(world, now, ask, match)
    except BadAsk as fault:
        return in_json({"message": str(fault)}, status=400)


def param(ask: Ask, name: str) -> str:
    """A parameter that must be there. Raises BadAsk."""
    if not ask.params.get(name):
        raise BadAsk(f"{name} is missing")
    return ask.params[name]


def number_param(ask: Ask, name: str, default: int) -> int:
    """A whole number, not negative. Raises BadAsk."""
    text = ask.params.get(name, "")
    if text and not text.isdecimal():
        raise BadAsk(f"{name} is no number: {text}")
    return int(text) if text else default


def in_json(value: Any, *, status: int = 200, cost: int = 0) -> Answer:
    """A JSON answer, letters outside ASCII escaped as the sources do."""
    return Answer(json.dumps(value, separators=(",", ":"), allow_nan=False).encode(), status=status, cost=cost)


def not_found(message: str = "Not Found") -> Answer:
    """There is no such address or document."""
    return in_json({"message": message}, status=404)
