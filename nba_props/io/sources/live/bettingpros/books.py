"""BettingPros' numbers of books, in the keys by which `domain.odds` ranks books whatever their source."""

from collections.abc import Mapping
from typing import Final

from nba_props.io.sources.live.received import LeftOut, RowRefused

CONSENSUS: Final = 0
"""The source's own blend of the others: no book, and not quoted."""

BOOK_KEYS: Final[Mapping[int, str]] = {
    10: "fanduel",
    12: "draftkings",
    13: "williamhill_us",
    18: "betrivers",
    19: "betmgm",
    24: "bet365",
    33: "espnbet",
    36: "underdog",
}
"""The numbers that are publicly known; `check_book` holds each against the name the source itself gives it."""

_NAME_BEGINS: Final[Mapping[str, tuple[str, ...]]] = {
    "fanduel": ("fanduel",),
    "draftkings": ("draftkings",),
    "williamhill_us": ("caesars", "williamhill"),
    "betrivers": ("betrivers",),
    "betmgm": ("betmgm", "mgm"),
    "bet365": ("bet365",),
    "espnbet": ("espnbet", "thescore"),
    "underdog": ("underdog",),
}


def book_key(number: int) -> str:
    """The key of a book; one that is not known keeps its number, and ranks last."""
    return BOOK_KEYS.get(number, f"bettingpros_{number}")


def check_book(number: int, name: str) -> None:
    """RowRefused if the source means another book by a number than we do: its quotes would bear a wrong name."""
    key = BOOK_KEYS.get(number)
    spelled = "".join(letter for letter in name.casefold() if letter.isalnum())
    if key is not None and not spelled.startswith(_NAME_BEGINS[key]):
        raise RowRefused(LeftOut.BOOK_DISAGREES_WITH_ID)
