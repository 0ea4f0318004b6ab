"""`exports/tonight`: `v1/tonight/all-players.json`, the front page.

It shows one slate (`health.slate_shown`): today's, else tomorrow's, else the latest with predictions. A run for any
other date leaves it alone, so that neither a backfill nor tomorrow's evening run takes tonight's page away.
"""

from datetime import date

import dagster as dg

from nba_props.assets.exports.documents import UNEXPLAINED, tonight_document
from nba_props.assets.exports.publish import Press, export_kwargs, publishing, require_complete
from nba_props.assets.exports.queries import rows_of_day
from nba_props.health import slate_facts, slate_findings, slate_shown
from nba_props.partitions import dates_of
from nba_props.platform import Platform

PAGE = "tonight/all-players.json"


@dg.asset(
    **export_kwargs(
        "tonight",
        "v1/tonight/all-players.json: everyone on tonight's slate with form, line and prediction or why not.",
        deps=[
            ("predictions", "player_prop_predictions"),
            ("monitoring", "prediction_coverage"),
            ("monitoring", "missing_predictions"),
        ],
    )
)
def tonight(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    start, end = dates_of(context)
    with publishing(context, platform, "tonight", start, end) as press:
        publish_tonight(press, start, end)
    return press.result(context)


def publish_tonight(press: Press, start: date, end: date) -> None:
    """Print the front page if the slate it shows is among the dates and passes the gate."""
    day = slate_shown(press.platform)
    press.notes["slate_shown"] = str(day)
    if day is not None and start <= day <= end:
        _publish_page(press, day)


def _publish_page(press: Press, day: date) -> None:
    platform = press.platform
    facts = slate_facts(platform, day, day)[day]
    findings = slate_findings(facts)
    if not press.passes(facts, PAGE, findings):
        return
    read = {
        "slate": "slate_players",
        "rows": "active_predictions",
        "missing": "missing_players",
        "recent": "recent_games",
        "results": "game_results",
        "grades": "graded_predictions",
    }
    rows = {name: rows_of_day(platform, query, day) for name, query in read.items()}
    document = tonight_document(facts, findings, **rows, now=press.now)
    players = [player for game in document.games for player in game.players]
    listed = {player.universal_player_id for player in players}
    in_force = {row["universal_player_id"] for row in rows["rows"]}
    require_complete(PAGE, len(in_force & listed), facts.players, "players with an active prediction")
    unexplained = sum(player.no_prediction_reason == UNEXPLAINED for player in players)
    press.notes |= {"slate_shown": str(day), "players_without_a_reason": unexplained}
    press.publish(PAGE, document)
