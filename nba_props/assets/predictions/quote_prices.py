"""`predictions/quote_prices`: every offered line priced by every system, from the one distribution of its projection."""

from datetime import date

import dagster as dg
import pyarrow as pa

from nba_props.assets._factory import dated_kwargs, written
from nba_props.catalog import table
from nba_props.domain.distributions import NEGBIN_V1, points_distribution
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
    """The quotes offered at the slates' instants of knowledge, each with every system's P(over), P(under) and P(push)."""
    dates = {"start_date": start, "end_date": end}
    quotes = platform.warehouse.query(named_query("predictions", "offered_quotes"), dates).to_pandas()
    distribution = points_distribution(quotes["predicted_points"].to_numpy(dtype=float))
    line = quotes["line"].to_numpy(dtype=float)
    quotes["over_prob"], quotes["under_prob"] = distribution.prob_over(line), distribution.prob_under(line)
    quotes["push_prob"] = distribution.prob_push(line)
    quotes["distribution_version"] = NEGBIN_V1.version
    return pa.Table.from_pandas(quotes[list(PRICES.column_names)], preserve_index=False)
