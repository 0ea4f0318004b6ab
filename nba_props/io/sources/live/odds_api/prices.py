"""In which format an answer of The Odds API has its prices, and those prices as American ones."""

from collections.abc import Iterable, Iterator

from nba_props.domain.odds import decimal_to_american
from nba_props.io.sources.live.odds_api.payloads import Bookmaker, EventOdds
from nba_props.io.sources.live.quoted import checked_price
from nba_props.io.sources.live.received import LeftOut, RowRefused


def is_decimal_format(events: Iterable[EventOdds]) -> bool:
    """TRUE if the prices of an answer are decimal although American ones were asked for, as most of them tell.

    One answer has one format, which the prices between 1 and 100 (decimal) and those from ±100 on (American) reveal; a
    decimal price of 100 or more can only be told from an American one by the others.
    """
    prices = [price for event in events for book in event.bookmakers for price in _prices(book)]
    return sum(1 < price < 100 for price in prices) > sum(abs(price) >= 100 for price in prices)


def american_price(price: float | None, is_decimal: bool) -> float | None:
    """The price as American; RowRefused for what is none. Decimals have two places: they become whole numbers."""
    if price is None or not is_decimal:
        return checked_price(price)
    if not 1 < price < 100:
        raise RowRefused(LeftOut.PRICE_AMBIGUOUS)
    return float(round(float(decimal_to_american(price))))


def _prices(book: Bookmaker) -> Iterator[float]:
    for market in book.markets:
        for outcome in market.outcomes:
            price = outcome.get("price") if isinstance(outcome, dict) else None
            if isinstance(price, int | float) and not isinstance(price, bool):
                yield price
