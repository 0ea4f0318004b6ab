"""No source ever tells what has not happened yet, whatever the instant."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from nba_props.domain.calendar import EASTERN
from nba_props.io.sources.live.contract import Source
from nba_props.simulate.payloads.world import State
from nba_props_tests.simulate.payloads.kit import (
    EVERY_MARKET,
    REGULAR,
    SEASON,
    SMALL,
    SPORT,
    ask,
    document,
    records,
    small_world,
)

instants = st.datetimes(
    datetime.combine(SMALL.start, datetime.min.time()) - timedelta(days=2),
    datetime.combine(SMALL.last, datetime.min.time()) + timedelta(days=3),
    timezones=st.just(UTC),
)
games = st.deferred(lambda: st.sampled_from(small_world().games))


@settings(max_examples=40)
@given(instants)
def test_results_are_those_of_games_that_are_over(now: datetime) -> None:
    world = small_world()
    over = {game.game_id for game in world.games if game.over_at <= now}
    log = records(document(world, now, Source.NBA_STATS, "/leaguegamelog", **REGULAR)["resultSets"][0])
    assert {row["GAME_ID"] for row in log} == over
    dates = document(world, now, Source.NBA_STATS, "/scheduleleaguev2", **SEASON)["leagueSchedule"]["gameDates"]
    final = {game["gameId"] for day in dates for game in day["games"] if game["gameStatus"] == 3}
    assert {one for one in final if one.startswith("002")} == over
    standings = document(world, now, Source.BALLDONTLIE, "/standings", season="2025")["data"]
    assert sum(one["wins"] for one in standings) == len(over)


@settings(max_examples=40)
@given(instants, games)
def test_no_source_has_a_line_of_a_game_that_is_not_over(now: datetime, game) -> None:  # type: ignore[no-untyped-def]
    world, is_over = small_world(), game.over_at <= now
    box = document(world, now, Source.NBA_STATS, "/boxscoretraditionalv3", GameID=game.game_id)["boxScoreTraditional"]
    assert bool(box["homeTeam"]["players"]) == is_over
    day = {"DateFrom": str(game.day), "DateTo": str(game.day)}
    zones = document(world, now, Source.NBA_STATS, "/leaguedashplayershotlocations", **REGULAR, **day)["resultSets"]
    assert bool(zones["rowSet"]) == any(one.over_at <= now for one in world.games_by_day[game.day])
    for told in document(world, now, Source.BALLDONTLIE, "/box_scores", date=str(game.day))["data"]:
        known = {(one.home): one.state(now) for one in world.games_by_day[game.day]}
        state = known[told["home_team"]["abbreviation"]]
        assert (told["status"] == "Final") == bool(told["home_team"]["players"]) == (state is State.OVER)
        assert state is not State.SCHEDULED or told["home_team_score"] == 0
    for event in document(world, now, Source.ESPN, "/scoreboard", dates=f"{game.day:%Y%m%d}")["events"]:
        is_final = event["status"]["type"]["name"] == "STATUS_FINAL"
        assert is_final == event["status"]["type"]["completed"] == ("winner" in str(event["competitions"]))


@settings(max_examples=60)
@given(instants, instants, games)
def test_quotes_were_seen_before_now_and_before_the_instant_asked_for(now: datetime, asked: datetime, game) -> None:  # type: ignore[no-untyped-def]
    world, path = small_world(), f"{SPORT}/events/{game.event_id}/odds"
    live = ask(world, now, Source.ODDS_API, path, **EVERY_MARKET)
    assert (live.status == 404) == (now >= game.tip)
    then = ask(world, now, Source.ODDS_API, f"/historical{path}", **EVERY_MARKET, date=asked.isoformat())
    pros = ask(world, now, Source.BETTINGPROS, "/offers", market_id="156", event_id=str(26_001 + game.number))
    assert seen(live.body) <= now
    assert seen(then.body) <= min(now, asked)
    assert seen(pros.body) <= min(now, game.tip)


def seen(body: bytes) -> datetime:
    """The latest instant at which an answer says that something was seen or written."""
    texts = re.findall(r'"(?:last_update|timestamp|updated)":"([^"]+)"', body.decode())
    instants = [datetime.fromisoformat(text) for text in texts]
    return max(
        (one if one.tzinfo else one.replace(tzinfo=UTC) for one in instants), default=datetime.min.replace(tzinfo=UTC)
    )


@settings(max_examples=40)
@given(instants, st.integers(0, 95), st.integers(-1, 1))
def test_an_injury_report_is_there_from_its_time_on(now: datetime, quarter: int, day: int) -> None:
    published = datetime.combine(now.date() + timedelta(days=day), datetime.min.time(), EASTERN)
    published = published.replace(hour=quarter // 4, minute=quarter % 4 * 15)
    answer = ask(small_world(), now, Source.INJURY_REPORT, f"/Injury-Report_{published:%Y-%m-%d_%I_%M%p}.pdf")
    days = (published.date(), published.date() + timedelta(days=1))
    has_games = any(small_world().games_by_day.get(one) for one in days)
    assert answer.status == (200 if has_games and published <= now else 403)


@settings(max_examples=20)
@given(instants, games)
def test_what_is_over_stays_as_it_was_told(now: datetime, game) -> None:  # type: ignore[no-untyped-def]
    day = {"DateFrom": str(game.day), "DateTo": str(game.day)}
    at_once = max(one.over_at for one in small_world().games_by_day[game.day])
    later = max(now, at_once)
    told = [
        ask(small_world(), when, Source.NBA_STATS, "/leaguegamelog", **REGULAR, **day).body for when in (at_once, later)
    ]
    assert told[0] == told[1]
