"""`grading/prediction_accuracy`: predictions beside what happened, graded by the rule of `domain/grading.py`."""

from datetime import date

import dagster as dg
import pandas as pd
import pyarrow as pa

from nba_props.assets._factory import dated_kwargs, written
from nba_props.catalog import table
from nba_props.domain.grading import Participation, Result, accuracy_frame
from nba_props.io.warehouse.sqltext import SQL_ROOT
from nba_props.partitions import dates_of
from nba_props.platform import Platform

ACCURACY = table("nba_grading.prediction_accuracy")

_GRADABLE = (SQL_ROOT / "grading" / "gradable_predictions.sql").read_text(encoding="utf-8")


@dg.asset(**dated_kwargs(ACCURACY))
def prediction_accuracy(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.MaterializeResult:
    start, end = dates_of(context)
    counts: dict[str, int] = {}

    def write() -> int:
        predictions = gradable_predictions(platform, start, end)
        graded = accuracy_frame(predictions)
        counts.update(_counts(predictions, graded, platform.today))
        rows = pa.Table.from_pandas(graded[list(ACCURACY.column_names)], preserve_index=False)
        return platform.warehouse.replace_rows(ACCURACY, rows, start, end)

    return written(context, platform, ACCURACY, write, start, end, counts)


def gradable_predictions(platform: Platform, start: date, end: date) -> pd.DataFrame:
    """Active main-line predictions of the dates with participation and points, by prediction_id: a refusal names it."""
    rows: pd.DataFrame = platform.warehouse.query(_GRADABLE, {"start_date": start, "end_date": end}).to_pandas()
    return rows.set_index("prediction_id", drop=False)


def _counts(predictions: pd.DataFrame, graded: pd.DataFrame, today: date) -> dict[str, int]:
    """What the run should say aloud; a pending row of a past date waits for a box score that is overdue."""
    is_pending = predictions["participation"] == Participation.PENDING
    return {
        "void": int((graded["result"] == Result.VOID).sum()),
        "pending": int(is_pending.sum()),
        "pending_of_past_dates": int((is_pending & (predictions["game_date"] < today)).sum()),
    }
