"""What a fetch says of itself: a report a source, in figures and reasons. No asking here, and nothing for a terminal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from nba_props.io.sources.live.contract import Source


class State(StrEnum):
    """How asking a source ended."""

    OK = "ok"
    PARTIAL = "partial"
    """Something is missing: a request failed or was not made, or fewer than 29 of 30 rosters came."""
    FAILED = "failed"
    """Nothing came."""
    NOT_CONFIGURED = "not configured"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Failure:
    """A request that brought nothing, and why."""

    what: str
    reason: str


@dataclass
class SourceReport:
    """What became of one source's requests. `asked` were sent, `fresh` were not because what is landed is good enough.

    Of those asked: `landed` new content, `unchanged`, `not_published`, or one of `failures`. `rosters` are the teams that
    came and that were wanted. `not_asked` were given up. `quota_left` is None where the source does not say.
    """

    source: Source
    state: State = State.OK
    asked: int = 0
    landed: int = 0
    unchanged: int = 0
    not_published: int = 0
    fresh: int = 0
    not_asked: int = 0
    rosters: tuple[int, int] | None = None
    failures: list[Failure] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0
    quota_left: int | None = None

    @property
    def came(self) -> int:
        """Requests whose answer is in the landing zone now."""
        return self.landed + self.unchanged + self.not_published + self.fresh

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"source": self.source.value, "state": self.state.value}


@dataclass(frozen=True)
class Fetched:
    """The reports of a fetch, in the order of `Source`."""

    reports: Sequence[SourceReport]

    @property
    def came(self) -> int:
        """Requests whose answer is in the landing zone now, of all sources."""
        return sum(one.came for one in self.reports)

    def of(self, source: Source) -> SourceReport:
        """One source's report. Raises KeyError if it was not wanted."""
        return {one.source: one for one in self.reports}[source]
