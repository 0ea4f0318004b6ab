"""`predictions/quote_prices`: every offered line priced by every system, from the one distribution of its projection.

The distribution is the market-anchored one where the player has it, else the system's own. The book's opinion stands beside
it, its vig removed; what a bet is worth is said only where probabilities are proven.
"""

from datetime import date

import dagster as dg
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from nba_props.assets._factory import dated_kwargs, written
from nba_props.catalog import table
from nba_props.domain.distributions import CountDistribution
from nba_props.domain.odds import DevigMethod, devig, expected_value
from nba_props.io.warehouse.sqltext import named_query
from nba_props.partitions import dates_of
from nba_props.platform import Platform

PRICES = table("nba_predictions.quote_prices")


@dg.asset(**dated_kwargs(PRICES))
def quote_prices(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    start, end = dates_of(context)
    rows = priced_quotes(platform, start, end)
    return written(
        context, platform, PRICES, lambda: platform.warehouse.replace_rows(PRICES, rows, start, end), start, end
    )


def priced_quotes(platform: Platform, start: date, end: date) -> pa.Table:
    """The quotes offered at the slates' instants of knowledge, priced by every system and by the book itself."""
    dates = {"start_date": start, "end_date": end}
    quotes = platform.warehouse.query(named_query("predictions", "offered_quotes"), dates).to_pandas()
    priced = quotes.assign(**prices(quotes, platform.settings.devig_method))
    return pa.Table.from_pandas(priced[list(PRICES.column_names)], preserve_index=False)


def prices(quotes: pd.DataFrame, method: DevigMethod) -> dict[str, object]:
    """The columns that pricing adds to rows of `offered_quotes`; NaN or None where a price or the proof is missing.

    Raises BadInput for a row in force without a distribution.
    """
    line, over_price, under_price = (
        _floats(quotes, name) for name in ("line", "over_price_american", "under_price_american")
    )
    distribution = _distribution(quotes)
    over, under, push = distribution.prob_over(line), distribution.prob_under(line), distribution.prob_push(line)
    market = devig(over_price, under_price, method)
    is_proven = quotes["is_value_proven"].to_numpy(dtype=bool)
    return {
        "over_prob": over,
        "under_prob": under,
        "push_prob": push,
        "market_over_prob": market,
        "devig_method": pd.Series(str(method), quotes.index, dtype=object).mask(np.isnan(market), None),
        "expected_value_over": np.where(is_proven, expected_value(over, over_price, push), np.nan),
        "expected_value_under": np.where(is_proven, expected_value(under, under_price, push), np.nan),
    }


def _distribution(quotes: pd.DataFrame) -> CountDistribution:
    location, scale, anchored_location, anchored_scale = (
        _floats(quotes, name)
        for name in ("distribution_location", "distribution_scale", "anchored_location", "anchored_scale")
    )
    is_anchored = ~np.isnan(anchored_location)
    return CountDistribution(
        np.where(is_anchored, anchored_location, location), np.where(is_anchored, anchored_scale, scale)
    )


def _floats(rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    floats: NDArray[np.float64] = rows[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return floats
