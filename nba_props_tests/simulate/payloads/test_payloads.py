"""What the simulated sources say, against what happened in the league."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pdfplumber
import pytest
from bs4 import BeautifulSoup, Comment

from nba_props.domain.calendar import EASTERN, slate_date
from nba_props.io.sources.live.contract import Source
from nba_props.io.sources.teams import TEAM_NAMES, TEAMS, team_code
from nba_props.simulate.payloads.clubs import CLUBS
from nba_props.simulate.payloads.world import Game, Quote, State, World
from nba_props_tests.simulate.payloads.kit import (
    EVERY_MARKET,
    REGULAR,
    SEASON,
    SPORT,
    ask,
    before,
    document,
    full_world,
    quoted_game,
    records,
)

NBA, ODDS = Source.NBA_STATS, Source.ODDS_API


@pytest.fixture(scope="module")
def world() -> World:
    return full_world()


@pytest.fixture(scope="module")
def after(world: World) -> datetime:
    """The morning after the last game."""
    return world.games[-1].over_at + timedelta(hours=6)


class TestClubs:
    def test_every_source_has_an_id_of_its_own_for_each_of_thirty_teams(self) -> None:
        for name in ("nba_id", "espn_id", "balldontlie_id", "name", "espn_code", "basketball_reference_code"):
            assert len({getattr(club, name) for club in CLUBS.values()}) == 30, name
        assert {(club.conference, club.division) for club in CLUBS.values()}.__len__() == 6

    @pytest.mark.parametrize("name", ["espn_code", "basketball_reference_code", "name", "league_name"])
    def test_its_spellings_are_those_that_are_understood(self, name: str) -> None:
        assert {team_code(getattr(club, name)) for club in CLUBS.values()} == set(TEAMS)


class TestNbaStats:
    def test_the_schedule_holds_every_game_on_its_slate_and_the_score_of_those_over(
        self, world: World, after: datetime
    ) -> None:
        dates = document(world, after, NBA, "/scheduleleaguev2", **SEASON)["leagueSchedule"]["gameDates"]
        games = {game["gameId"]: (day["gameDate"], game) for day in dates for game in day["games"]}
        for game in world.games:
            shown_on, shown = games.pop(game.game_id)
            assert shown_on == f"{game.day:%m/%d/%Y} 00:00:00"
            assert shown["gameCode"] == f"{game.day:%Y%m%d}/{game.away}{game.home}"
            assert (shown["homeTeam"]["score"], shown["awayTeam"]["score"]) == (game.home_pts, game.away_pts)
            assert shown["gameDateEst"] == f"{game.day}T00:00:00Z"
        [(_, preseason)] = games.values()
        assert preseason["gameId"].startswith("001")
        assert team_code(preseason["awayTeam"]["teamTricode"]) is None

    def test_times_are_utc_eastern_with_a_z_and_midnight_where_the_tip_is_not_known(self, world: World) -> None:
        now = world.games[0].tip - timedelta(days=1)
        dates = document(world, now, NBA, "/scheduleleaguev2", **SEASON)["leagueSchedule"]["gameDates"]
        shown = {game["gameId"]: game for day in dates for game in day["games"]}
        for game in world.games:
            told = shown[game.game_id]
            utc = datetime.fromisoformat(told["gameDateTimeUTC"])
            assert slate_date(utc) == game.day
            assert told["gameDateTimeEst"][:10] == str(game.day)
            assert (utc == game.tip) == game.is_tip_known == (told["gameStatusText"] != "TBD")
        assert any(not game.is_tip_known for game in world.games)

    def test_the_player_index_lists_each_once_with_todays_team(self, world: World, after: datetime) -> None:
        listed = records(document(world, after, NBA, "/playerindex", **SEASON)["resultSets"][0])
        teams = world.team_of(after)
        assert {row["PERSON_ID"]: row["TEAM_ABBREVIATION"] for row in listed} == teams
        assert len(listed) == len(teams)
        names = {row["PERSON_ID"]: f"{row['PLAYER_FIRST_NAME']} {row['PLAYER_LAST_NAME']}".strip() for row in listed}
        assert names == {player_id: world.people[player_id].name for player_id in teams}

    def test_the_game_log_is_the_leagues_box_scores(self, world: World, after: datetime) -> None:
        log = records(document(world, after, NBA, "/leaguegamelog", **REGULAR)["resultSets"][0])
        box = {(row["game_id"], row["player_id"]): row for game in world.games for row in world.box(game, after)}
        assert len(log) == len(box)
        for row in log:
            ours = box[row["GAME_ID"], row["PLAYER_ID"]]
            assert (row["PTS"], row["TOV"], row["PLUS_MINUS"]) == (ours["pts"], ours["tov"], ours["plus_minus"])
            assert abs(row["MIN"] - ours["minutes"]) <= 0.5
            venue = "vs." if ours["is_home"] else "@"
            assert row["MATCHUP"] == f"{ours['team_abbr']} {venue} {ours['opp_abbr']}"

    def test_the_game_log_of_a_day_holds_that_day_only(self, world: World, after: datetime) -> None:
        day = world.games[-1].day
        for text in (str(day), f"{day:%m/%d/%Y}"):
            asked = {**REGULAR, "DateFrom": text, "DateTo": text}
            log = records(document(world, after, NBA, "/leaguegamelog", **asked)["resultSets"][0])
            assert {row["GAME_DATE"] for row in log} == {str(day)}

    @pytest.mark.parametrize("other", [{"Season": "2024-25"}, {"SeasonType": "Playoffs"}])
    def test_another_season_or_kind_of_game_is_empty_and_in_shape(
        self, world: World, after: datetime, other: dict[str, str]
    ) -> None:
        [result] = document(world, after, NBA, "/leaguegamelog", **{**REGULAR, **other})["resultSets"]
        assert result["rowSet"] == []
        assert len(result["headers"]) == 32

    def test_a_date_that_is_none_is_refused(self, world: World, after: datetime) -> None:
        assert ask(world, after, NBA, "/leaguegamelog", **REGULAR, DateFrom="yesterday").status == 400

    def test_a_box_score_has_ten_starters_and_a_comment_for_each_who_did_not_play(
        self, world: World, after: datetime
    ) -> None:
        game = world.games[0]
        told = document(world, after, NBA, "/boxscoretraditionalv3", GameID=game.game_id)["boxScoreTraditional"]
        players = [*told["homeTeam"]["players"], *told["awayTeam"]["players"]]
        assert len(players) == 30
        assert sum(bool(one["position"]) for one in players) == 10
        for one in players:
            assert bool(one["comment"]) == (one["statistics"]["minutes"] == "")
        absent = {one["personId"] for one in players if one["comment"]}
        assert absent == {row["player_id"] for row in world.did_not_play(game, after)}
        assert sum(one["statistics"]["points"] for one in told["homeTeam"]["players"]) == game.home_pts

    def test_shot_zones_of_a_date_add_up_to_the_shots(self, world: World, after: datetime) -> None:
        game = world.games[-1]
        day = {"DateFrom": str(game.day), "DateTo": str(game.day)}
        result = document(world, after, NBA, "/leaguedashplayershotlocations", **REGULAR, **day)["resultSets"]
        categories, columns = result["headers"]
        skipped = categories["columnsToSkip"]
        assert len(columns["columnNames"]) == skipped + 3 * len(categories["columnNames"])
        zones = {row[0]: row[skipped:] for row in result["rowSet"]}
        for row in world.box(game, after):
            made, attempted = zones[row["player_id"]][0::3], zones[row["player_id"]][1::3]
            assert (sum(made[:2]), sum(attempted[:2])) == (row["fgm_paint"], row["fga_paint"])
            assert (made[2], attempted[2]) == (row["fgm_mid"], row["fga_mid"])
            assert (sum(made), sum(attempted)) == (row["fgm"], row["fga"])
            assert all(one <= other for one, other in zip(made, attempted, strict=True))


class TestBalldontlie:
    def test_box_scores_of_a_date_have_zero_minutes_for_exactly_those_who_did_not_play(
        self, world: World, after: datetime
    ) -> None:
        day = world.games[-1].day
        games = document(world, after, Source.BALLDONTLIE, "/box_scores", date=str(day))["data"]
        assert len(games) == len(world.games_by_day[day])
        for told, game in zip(games, world.games_by_day[day], strict=True):
            players = [*told["home_team"]["players"], *told["visitor_team"]["players"]]
            assert sum(one["min"] == "00" for one in players) == len(world.did_not_play(game, after))
            assert sum(one["pts"] for one in told["home_team"]["players"]) == told["home_team_score"] == game.home_pts

    def test_a_date_without_games_is_empty(self, world: World, after: datetime) -> None:
        assert document(world, after, Source.BALLDONTLIE, "/box_scores", date="2025-07-01") == {"data": []}

    def test_standings_rank_each_conference_and_every_win_is_a_loss(self, world: World, after: datetime) -> None:
        told = document(world, after, Source.BALLDONTLIE, "/standings", season="2025")["data"]
        assert sum(one["wins"] for one in told) == sum(one["losses"] for one in told) == len(world.games)
        for conference in ("East", "West"):
            ranks = [one["conference_rank"] for one in told if one["team"]["conference"] == conference]
            assert sorted(ranks) == list(range(1, 16))
        assert document(world, after, Source.BALLDONTLIE, "/standings", season="2024")["data"] == []

    def test_injuries_come_in_pages_each_player_once(self, world: World) -> None:
        game = quoted_game(world)
        pages = list(self.pages(world, before(game)))
        people = [one["player"]["id"] for page in pages for one in page["data"]]
        assert len(pages) > 1
        assert len(set(people)) == len(people)
        assert all(len(page["data"]) <= 10 for page in pages)
        assert {one["status"] for page in pages for one in page["data"]} <= {"Out", "Doubtful", "Day-To-Day"}

    @staticmethod
    def pages(world: World, now: datetime) -> Iterator[Any]:
        cursor: dict[str, str] = {}
        while True:
            page = document(world, now, Source.BALLDONTLIE, "/player_injuries", per_page="100", **cursor)
            yield page
            if "next_cursor" not in page["meta"]:
                return
            cursor = {"cursor": str(page["meta"]["next_cursor"])}


class TestEspn:
    def test_thirty_rosters_hold_everybody_once(self, world: World, after: datetime) -> None:
        everybody: Counter[str] = Counter()
        for number in range(1, 31):
            told = document(world, after, Source.ESPN, f"/teams/{number}/roster")
            assert told["team"]["id"] == str(number)
            everybody.update(one["id"] for one in told["athletes"])
            inside = document(world, after, Source.ESPN, f"/teams/{number}", enable="roster")
            assert inside["team"]["athletes"] == told["athletes"]
        assert len(everybody) == len(world.team_of(after)) == everybody.total()
        assert ask(world, after, Source.ESPN, "/teams/31/roster").status == 404

    def test_the_injured_carry_a_status(self, world: World) -> None:
        game = quoted_game(world)
        rosters = [document(world, before(game), Source.ESPN, f"/teams/{number}/roster") for number in range(1, 31)]
        statuses = [one["injuries"][0]["status"] for told in rosters for one in told["athletes"] if one["injuries"]]
        assert set(statuses) == {"Out", "Day-To-Day"}

    def test_the_scoreboard_has_its_own_codes_and_scores_as_text(self, world: World, after: datetime) -> None:
        codes = set()
        for day, games in world.games_by_day.items():
            events = document(world, after, Source.ESPN, "/scoreboard", dates=f"{day:%Y%m%d}")["events"]
            for event, game in zip(events, games, strict=True):
                sides = {one["homeAway"]: one for one in event["competitions"][0]["competitors"]}
                assert (sides["home"]["score"], sides["away"]["score"]) == (str(game.home_pts), str(game.away_pts))
                assert sides["home"]["winner"] != sides["away"]["winner"]
                codes |= {one["team"]["abbreviation"] for one in sides.values()}
        assert {"GS", "NY", "SA", "NO", "UTAH", "WSH"} <= codes


class TestBasketballReference:
    def roster(self, world: World, now: datetime, code: str) -> tuple[bool, dict[str, str]]:
        """Whether the table stands in a comment, and its names by id."""
        answer = ask(world, now, Source.BASKETBALL_REFERENCE, f"/teams/{code}/2026.html")
        page = BeautifulSoup(answer.body.decode(), "html.parser")
        table = page.find("table", id="roster")
        if table is not None:
            return False, self.people(table)
        [comment] = [text for text in page.find_all(string=lambda text: isinstance(text, Comment)) if "roster" in text]
        return True, self.people(BeautifulSoup(comment, "html.parser"))

    @staticmethod
    def people(table: Any) -> dict[str, str]:
        return {cell["data-append-csv"]: cell.a.text for cell in table.find_all("td", {"data-stat": "player"})}

    def test_every_team_has_a_page_some_with_the_roster_in_a_comment(self, world: World, after: datetime) -> None:
        commented, ids = 0, set()
        for code, club in CLUBS.items():
            is_commented, people = self.roster(world, before(world.games[-1]), club.basketball_reference_code)
            commented += is_commented
            assert sorted(people.values()) == sorted(one.name for one in world.roster(code, world.games[-1].day))
            ids |= set(people)
        assert 0 < commented < 30
        assert len(ids) == 450
        assert all(re.fullmatch(r"[a-z]{3,7}\d\d", one) for one in ids)

    def test_once_the_season_is_over_the_page_lists_whoever_was_on_the_team(self, world: World) -> None:
        later = datetime(2026, 8, 1, tzinfo=UTC)
        moved = next(code for code in TEAMS if len(world.everybody(code)) > 15)
        _, people = self.roster(world, later, CLUBS[moved].basketball_reference_code)
        assert len(people) == len(world.everybody(moved))

    @pytest.mark.parametrize("path", ["/teams/BKN/2026.html", "/teams/BRK/2025.html"])
    def test_our_codes_and_other_seasons_are_not_found(self, world: World, after: datetime, path: str) -> None:
        assert ask(world, after, Source.BASKETBALL_REFERENCE, path).status == 404


class TestOddsApi:
    def test_events_are_those_that_have_not_tipped_in_full_names(self, world: World) -> None:
        game = quoted_game(world)
        listed = {one["id"]: one for one in document(world, before(game), ODDS, f"{SPORT}/events")}
        assert listed[game.event_id]["home_team"] == TEAM_NAMES[game.home]
        assert datetime.fromisoformat(listed[game.event_id]["commence_time"]) == game.tip
        assert game.event_id not in {one["id"] for one in document(world, game.tip, ODDS, f"{SPORT}/events")}

    def test_odds_of_an_event_pair_over_and_under_of_each_line(self, world: World) -> None:
        game = quoted_game(world)
        told = document(world, before(game), ODDS, f"{SPORT}/events/{game.event_id}/odds", **EVERY_MARKET)
        markets = [(book["key"], market) for book in told["bookmakers"] for market in book["markets"]]
        assert {key for key, _ in markets} == {"draftkings", "fanduel", "betmgm", "betrivers", "prizepicks"}
        assert {market["key"] for _, market in markets} == set(EVERY_MARKET["markets"].split(","))
        for _, market in markets:
            if market["key"].startswith("player_points"):
                lines = Counter((one["description"], one["point"]) for one in market["outcomes"])
                assert set(lines.values()) == {2}

    def test_prices_are_decimal_unless_american_ones_are_asked_for(self, world: World) -> None:
        game = quoted_game(world)
        asked = {**EVERY_MARKET, "oddsFormat": ""}
        told = document(world, before(game), ODDS, f"{SPORT}/events/{game.event_id}/odds", **asked)
        prices = [
            one["price"] for book in told["bookmakers"] for market in book["markets"] for one in market["outcomes"]
        ]
        assert all(1 < price < 12 for price in prices)

    def test_only_the_regions_asked_for_are_told(self, world: World) -> None:
        game = quoted_game(world)
        asked = {**EVERY_MARKET, "regions": "us_dfs"}
        told = document(world, before(game), ODDS, f"{SPORT}/events/{game.event_id}/odds", **asked)
        assert [book["key"] for book in told["bookmakers"]] == ["prizepicks"]

    def test_an_event_is_gone_after_tip_and_one_without_a_market_is_204(self, world: World) -> None:
        game = quoted_game(world)
        path = f"{SPORT}/events/{game.event_id}/odds"
        assert ask(world, game.tip, ODDS, path, **EVERY_MARKET).status == 404
        points = {**EVERY_MARKET, "markets": "player_points"}
        never = next(game for game in world.games if not game.is_tip_known)
        assert ask(world, before(never), ODDS, f"{SPORT}/events/{never.event_id}/odds", **points).status == 204

    def test_history_is_wrapped_and_is_as_of_the_instant_asked_for(self, world: World, after: datetime) -> None:
        game = quoted_game(world)
        path, asked_for = f"{SPORT}/events/{game.event_id}/odds", before(game, 0.25).replace(second=0)
        live = document(world, asked_for, ODDS, path, **EVERY_MARKET)
        then = document(world, after, ODDS, f"/historical{path}", **EVERY_MARKET, date=asked_for.isoformat())
        assert set(then) == {"timestamp", "previous_timestamp", "next_timestamp", "data"}
        assert datetime.fromisoformat(then["timestamp"]) == asked_for
        assert then["data"] == live

    def test_history_lists_games_in_play(self, world: World, after: datetime) -> None:
        game = quoted_game(world)
        asked = {"date": (game.tip + timedelta(hours=1)).isoformat()}
        told = document(world, after, ODDS, f"/historical{SPORT}/events", **asked)
        assert game.event_id in {one["id"] for one in told["data"]}

    def test_spreads_of_every_game_come_in_one_answer_and_are_each_others_opposite(self, world: World) -> None:
        game = quoted_game(world)
        asked = {"regions": "us", "markets": "spreads,totals", "oddsFormat": "american"}
        told = document(world, before(game), ODDS, f"{SPORT}/odds", **asked)
        spreads = [
            market["outcomes"]
            for one in told
            for book in one["bookmakers"]
            for market in book["markets"]
            if market["key"] == "spreads"
        ]
        assert spreads
        assert all(away["point"] == -home["point"] for away, home in spreads)

    def test_what_books_misspell_is_misspelt_here(self, world: World) -> None:
        names = set()
        for game in world.games:
            if game.day > world.league.config.last - timedelta(days=7):
                path = f"{SPORT}/events/{game.event_id}/odds"
                told = ask(world, before(game), ODDS, path, **EVERY_MARKET).body.decode()
                names |= set(re.findall(r'"description":"([^"]*)"', told))
        assert {"Luka Perisevic", r"Luka Peri\u0161evi\u0107", "S. Adeyemi-Grant"} <= names
        assert any(r"\u043e" in name for name in names)  # the Cyrillic letter

    def test_a_pair_of_players_is_quoted_as_books_quote_it(self, world: World, after: datetime) -> None:
        pair = next((game, quote) for game in world.games for quote in quotes_of(world, game) if "+" in quote.name)
        path = f"/historical{SPORT}/events/{pair[0].event_id}/odds"
        asked = {**EVERY_MARKET, "date": (pair[1].seen_at + timedelta(minutes=5)).isoformat()}
        books = document(world, after, ODDS, path, **asked)["data"]["bookmakers"]
        outcomes = [one for book in books for market in book["markets"] for one in market["outcomes"]]
        assert pair[1].name in {one.get("description") for one in outcomes}


def quotes_of(world: World, game: Game) -> Iterator[Quote]:
    """What was quoted on a game at any poll of its day."""
    for hours in range(14):
        yield from world.quotes(game, before(game, hours))


class TestBettingPros:
    def event(self, world: World, game: Game) -> Any:
        events = document(world, before(game), Source.BETTINGPROS, "/events", sport="NBA", date=str(game.day))["events"]
        return next(one for one in events if one["home"] == game.home)

    def pages(self, world: World, now: datetime, event_id: int) -> list[Any]:
        asked = {"sport": "NBA", "market_id": "156", "event_id": str(event_id), "limit": "10"}
        first = document(world, now, Source.BETTINGPROS, "/offers", **asked, page="1")
        numbers = range(2, first["_pagination"]["total_pages"] + 1)
        return [
            first,
            *(document(world, now, Source.BETTINGPROS, "/offers", **asked, page=str(page)) for page in numbers),
        ]

    def test_events_tell_utc_times_and_teams(self, world: World) -> None:
        game = quoted_game(world)
        told = self.event(world, game)
        assert (told["home"], told["visitor"]) == game.teams
        assert datetime.fromisoformat(told["scheduled"]).replace(tzinfo=UTC) == game.tip

    def test_offers_come_ten_a_page_and_are_the_books_quotes(self, world: World) -> None:
        game = quoted_game(world)
        pages = self.pages(world, before(game), self.event(world, game)["id"])
        offers = [offer for page in pages for offer in page["offers"]]
        assert all(len(page["offers"]) == 10 for page in pages[:-1])
        assert len(offers) == pages[0]["_pagination"]["total_items"] > 10
        lines = [
            line["line"]
            for offer in offers
            for book in offer["selections"][0]["books"]
            if book["id"] != 0
            for line in book["lines"]
        ]
        assert sorted(lines) == sorted(quote.line for quote in world.quotes(game, before(game)))

    def test_an_old_games_offers_keep_the_closing_lines_and_name_todays_team(
        self, world: World, after: datetime
    ) -> None:
        teams = world.team_of(after)
        players = []
        for game in world.games:
            for page in self.pages(world, after, self.event(world, game)["id"]):
                players += [(game, offer["participants"][0]) for offer in page["offers"]]
        told = [(game, one["player"]["team"]) for game, one in players if "player" in one]
        assert {team for _, team in told} == set(teams.values())
        assert any(team not in game.teams for game, team in told), "nobody was traded: the trap is not set"


class TestInjuryReport:
    def words(self, world: World, now: datetime, name: str) -> str:
        answer = ask(world, now, Source.INJURY_REPORT, f"/Injury-Report_{name}.pdf")
        assert answer.status == 200
        with pdfplumber.open(io.BytesIO(answer.body)) as pdf:
            return "\n".join(page.extract_text() for page in pdf.pages)

    def test_a_document_lists_the_last_word_on_everybody(self, world: World, after: datetime) -> None:
        game = quoted_game(world)
        text = self.words(world, after, f"{game.day}_05PM")
        published = datetime.combine(game.day, time(17, 30), EASTERN)
        assert f"{game.day:%m/%d/%y} 05:30 PM" in text
        for injury in world.injuries(game.day, published):
            first, _, last = injury.person.plain_name.partition(" ")
            name = f"{last},{first}" if last else first
            assert f"{name} {injury.status}".replace(" ", "") in text.replace(" ", "")

    def test_words_stand_in_the_columns_of_the_league(self, world: World, after: datetime) -> None:
        day = quoted_game(world).day
        answer = ask(world, after, Source.INJURY_REPORT, f"/Injury-Report_{day}_05PM.pdf")
        with pdfplumber.open(io.BytesIO(answer.body)) as pdf:
            words = pdf.pages[0].extract_words(x_tolerance=1)
        columns = (24.1, 120.6, 201.0, 265.2, 426.0, 586.7, 667.1)
        starts = {round(word["x0"], 1) for word in words if word["text"] in ("Out", "Probable", f"{day:%m/%d/%Y}")}
        assert starts <= set(columns)

    def test_a_team_that_lists_nobody_is_not_mentioned(self, world: World, after: datetime) -> None:
        day = quoted_game(world).day
        text = self.words(world, after, f"{day}_05PM").replace(" ", "")
        teams = {team for game in world.games_by_day[day] for team in game.teams}
        listed = {one.team for one in world.injuries(day, datetime.combine(day, time(17, 30), EASTERN))}
        assert listed < teams
        assert {team for team in teams if CLUBS[team].league_name.replace(" ", "") in text} == listed

    def test_a_slate_nobody_reported_on_yet_says_so(self, world: World, after: datetime) -> None:
        first = world.league.config.start - timedelta(days=1)
        assert self.words(world, after, f"{first}_04_45PM").count("NOTYETSUBMITTED") == 2 * len(
            world.games_by_day[world.league.config.start]
        )

    @pytest.mark.parametrize("name", ["2025-07-01_05PM", "2025-10-21_13PM", "2025-10-21_00AM"])
    def test_what_is_no_document_is_forbidden(self, world: World, after: datetime, name: str) -> None:
        assert ask(world, after, Source.INJURY_REPORT, f"/Injury-Report_{name}.pdf").status == 403


def test_an_address_that_a_source_does_not_have_is_not_found(world: World, after: datetime) -> None:
    for source in Source:
        assert ask(world, after, source, "/nowhere").status == 404


def test_games_go_from_scheduled_through_play_to_over(world: World) -> None:
    game = world.games[0]
    instants = (before(game), game.tip, game.over_at - timedelta(seconds=1), game.over_at)
    assert [game.state(one) for one in instants] == [State.SCHEDULED, State.IN_PLAY, State.IN_PLAY, State.OVER]
    assert game.score(game.tip) == (0, 0)
    assert game.score(game.over_at) == (game.home_pts, game.away_pts)
    assert world.league.config.start == date(2025, 10, 21)
