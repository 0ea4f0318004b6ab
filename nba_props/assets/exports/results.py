"""`exports/results`: `v1/results/{date}.json` for each graded date, and `v1/results/latest.json` for the newest."""

from datetime import date

import dagster as dg

from nba_props.assets.exports.documents import results_document
from nba_props.assets.exports.publish import Press, export_kwargs, publishing
from nba_props.assets.exports.queries import RowsByDate, rows_of_day
from nba_props.health import slate_facts, slate_findings
from nba_props.partitions import dates_of
from nba_props.platform import Platform


@dg.asset(
    **export_kwargs(
        "results",
        "v1/results/{date}.json and v1/results/latest.json: graded predictions and each system's day.",
        deps=[("grading", "prediction_accuracy"), ("grading", "system_daily_performance")],
    )
)
def results(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    start, end = dates_of(context)
    with publishing(context, platform, "results", start, end) as press:
        publish_results(press, start, end)
    return press.result(context)


def publish_results(press: Press, start: date, end: date) -> None:
    """Print each date that is graded or off. Low coverage hides no result; failed integrity withholds it."""
    platform = press.platform
    slates = slate_facts(platform, start, end)
    latest = rows_of_day(platform, "latest_graded_date", platform.today)[0]["game_date"]
    graded, systems, scores = (
        RowsByDate(platform, name, start, end) for name in ("graded_predictions", "graded_systems", "game_results")
    )
    for day, facts in slates.items():
        name, grades = f"results/{day}.json", graded.of(day)
        findings = [finding for finding in slate_findings(facts) if finding.is_integrity]
        if facts.games and not grades:
            press.outcomes_by_date[day]["not_graded"] += 1
        elif press.passes(facts, name, findings):
            document = results_document(facts, findings, grades, systems.of(day), scores.of(day), press.now)
            press.publish(name, document)
            if day == latest:
                press.publish("results/latest.json", document)
