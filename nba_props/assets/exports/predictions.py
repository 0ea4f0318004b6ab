"""`exports/predictions`: `v1/predictions/{date}.json`, every active prediction of each date, off days included."""

from datetime import date

import dagster as dg

from nba_props.assets.exports.documents import predictions_document
from nba_props.assets.exports.publish import Press, export_kwargs, publishing, require_complete
from nba_props.assets.exports.queries import RowsByDate
from nba_props.health import slate_facts, slate_findings
from nba_props.partitions import dates_of
from nba_props.platform import Platform


@dg.asset(
    **export_kwargs(
        "predictions",
        "v1/predictions/{date}.json: every active prediction of a date, and who has none and why.",
        deps=[
            ("predictions", "player_prop_predictions"),
            ("monitoring", "prediction_coverage"),
            ("monitoring", "missing_predictions"),
        ],
    )
)
def predictions(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    start, end = dates_of(context)
    with publishing(context, platform, "predictions", start, end) as press:
        publish_predictions(press, start, end)
    return press.result(context)


def publish_predictions(press: Press, start: date, end: date) -> None:
    """Print each date that passes the gate."""
    platform = press.platform
    slates = slate_facts(platform, start, end)
    active, missing, results = (
        RowsByDate(platform, name, start, end) for name in ("active_predictions", "missing_players", "game_results")
    )
    for day, facts in slates.items():
        name, findings = f"predictions/{day}.json", slate_findings(facts)
        if press.passes(facts, name, findings):
            document = predictions_document(
                facts, findings, active.of(day), missing.of(day), results.of(day), press.now
            )
            players = [player for game in document.games for player in game.players]
            rungs = sum(len(one.ladder) for player in players for one in player.systems)
            require_complete(name, len(players), facts.players, "players with an active prediction")
            require_complete(name, rungs, facts.predictions, "active predictions")
            press.publish(name, document)
