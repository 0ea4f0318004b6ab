"""NBA stats: schedule, player index, game log, box score, shot locations. The league's own ids and names, accents and all."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from nba_props.simulate.league import SEASON_TYPE
from nba_props.simulate.payloads.clock import eastern, iso_z, midnight
from nba_props.simulate.payloads.clubs import CLUBS, Club
from nba_props.simulate.payloads.exchange import Answer, Ask, BadAsk, Site, in_json, not_found, param
from nba_props.simulate.payloads.world import Game, Person, State, World
from nba_props.simulate.people import words

Row = Mapping[str, Any]

_STATUS = {State.SCHEDULED: 1, State.IN_PLAY: 2, State.OVER: 3}
_NO_DATE = "1900-01-01T"
_STARTING_POSITIONS = ("F", "F", "C", "G", "G")
_GUESTS = {  # not of the NBA: its preseason has such teams
    "teamId": 900001,
    "teamName": "Harbourers",
    "teamCity": "Melbourne",
    "teamTricode": "MEL",
    "teamSlug": "harbourers",
}
_PRESEASON_LEAD = timedelta(days=9)
_RESTRICTED_AREA_SHARE = 0.7  # of what is shot in the paint
_CORNER_SHARE = 0.2  # of threes, all from the left

_INDEX_COLUMNS = words(
    "PERSON_ID PLAYER_LAST_NAME PLAYER_FIRST_NAME PLAYER_SLUG TEAM_ID TEAM_SLUG IS_DEFUNCT TEAM_CITY TEAM_NAME "
    "TEAM_ABBREVIATION JERSEY_NUMBER POSITION HEIGHT WEIGHT COLLEGE COUNTRY DRAFT_YEAR DRAFT_ROUND DRAFT_NUMBER "
    "ROSTER_STATUS FROM_YEAR TO_YEAR PTS REB AST STATS_TIMEFRAME"
)
_LOG_COLUMNS = words(
    "SEASON_ID PLAYER_ID PLAYER_NAME TEAM_ID TEAM_ABBREVIATION TEAM_NAME GAME_ID GAME_DATE MATCHUP WL MIN FGM FGA FG_PCT "
    "FG3M FG3A FG3_PCT FTM FTA FT_PCT OREB DREB REB AST STL BLK TOV PF PTS PLUS_MINUS FANTASY_PTS VIDEO_AVAILABLE"
)
_ZONES = (
    *("Restricted Area", "In The Paint (Non-RA)", "Mid-Range", "Left Corner 3", "Right Corner 3"),
    *("Above the Break 3", "Backcourt"),
)
_ZONE_COLUMNS = ["PLAYER_ID", "PLAYER_NAME", "TEAM_ID", "TEAM_ABBREVIATION", "AGE", "NICKNAME"]
_FANTASY_POINTS = {"pts": 1.0, "reb": 1.2, "ast": 1.5, "stl": 3.0, "blk": 3.0, "tov": -1.0}


# -- schedule -----------------------------------------------------------------------------------------------------------
def schedule(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`scheduleleaguev2`: the season's games by date; of another season, none."""
    wanted = param(ask, "Season")
    dates = _game_dates(world, now) if wanted == world.season else []
    document = {
        "meta": {"version": 1, "request": f"/league/00/{wanted}/scheduleleaguev2?Format=json", "time": iso_z(now)},
        "leagueSchedule": {
            "seasonYear": wanted,
            "leagueId": "00",
            "gameDates": dates,
            "weeks": _weeks(world) if dates else [],
            "broadcasterList": [],
        },
    }
    return in_json(document)


def _game_dates(world: World, now: datetime) -> list[Row]:
    records = {team: {"wins": one.wins, "losses": one.losses} for team, one in world.records(now).items()}
    regular = [
        _game_date(day, [_scheduled(world, game, number, records, now) for number, game in enumerate(games, start=1)])
        for day, games in world.games_by_day.items()
    ]
    return [_preseason_date(world, now), *regular]


def _game_date(day: date, games: Sequence[Row]) -> Row:
    return {"gameDate": f"{day:%m/%d/%Y} 00:00:00", "games": games}


def _scheduled(world: World, game: Game, sequence: int, records: Mapping[str, Row], now: datetime) -> Row:
    home, away = CLUBS[game.home], CLUBS[game.away]
    home_pts, away_pts = game.score(now)
    return {
        "gameId": game.game_id,
        "gameCode": f"{game.day:%Y%m%d}/{game.away}{game.home}",
        "gameStatus": _STATUS[game.state(now)],
        "gameStatusText": _status_text(game, now),
        "gameSequence": sequence,
        **_times(game.day, game.tip if game.is_tip_known else None),
        "day": f"{game.day:%a}",
        "monthNum": game.day.month,
        "weekNumber": _week_number(world, game.day),
        "weekName": f"Week {_week_number(world, game.day)}",
        **_labels(),
        **_arena(home),
        "homeTeam": {**_club(home), **records[game.home], "score": home_pts, "seed": 0},
        "awayTeam": {**_club(away), **records[game.away], "score": away_pts, "seed": 0},
        "pointsLeaders": _leaders(world, game, now),
    }


def _status_text(game: Game, now: datetime) -> str:
    state = game.state(now)
    if state is State.OVER:
        return "Final"
    if state is State.IN_PLAY:
        return "Q3 5:00"
    return f"{eastern(game.tip):%-I:%M %p}".lower() + " ET" if game.is_tip_known else "TBD"


def _times(day: date, tip: datetime | None) -> Row:
    """The "Est" fields carry a Z and are Eastern; an unknown tip is midnight."""
    shown = tip or midnight(day)
    clock = eastern(shown).strftime("%H:%M:%SZ")
    return {
        "gameDateEst": f"{day}T00:00:00Z",
        "gameTimeEst": f"{_NO_DATE}{clock}",
        "gameDateTimeEst": f"{day}T{clock}",
        "gameDateUTC": iso_z(midnight(day)),
        "gameTimeUTC": f"{_NO_DATE}{shown.astimezone(UTC):%H:%M:%SZ}",
        "gameDateTimeUTC": iso_z(shown),
        "awayTeamTime": f"{day}T{clock}",
        "homeTeamTime": f"{day}T{clock}",
    }


def _labels(label: str = "", sub_label: str = "") -> Row:
    return {
        "ifNecessary": False,
        "seriesGameNumber": "",
        "gameLabel": label,
        "gameSubLabel": sub_label,
        "seriesText": "",
        "postponedStatus": "N",
        "branchLink": "",
        "gameSubtype": "",
        "isNeutral": False,
    }


def _arena(home: Club) -> Row:
    whose, media = ("national", "home", "away", "intl"), ("Tv", "Radio", "Ott")
    broadcasters: Row = {f"{one}{medium}Broadcasters": [] for one in whose for medium in media}
    return {"arenaName": f"{home.city} Arena", "arenaState": "", "arenaCity": home.city, "broadcasters": broadcasters}


def _club(club: Club) -> dict[str, Any]:
    return {
        "teamId": club.nba_id,
        "teamName": club.nickname,
        "teamCity": club.short_city,
        "teamTricode": club.code,
        "teamSlug": club.slug,
    }


def _leaders(world: World, game: Game, now: datetime) -> list[Row]:
    box = world.box(game, now)
    if not box:
        return []
    best = max(box, key=lambda row: row["pts"])
    person, club = world.people[best["player_id"]], CLUBS[best["team_abbr"]]
    names = {"personId": person.player_id, "firstName": person.first_name, "lastName": person.last_name}
    return [
        {
            **names,
            **{key: value for key, value in _club(club).items() if key != "teamSlug"},
            "points": float(best["pts"]),
        }
    ]


def _preseason_date(world: World, now: datetime) -> Row:
    """A game against guests: its tricode is no team's, and it counts for nothing."""
    day = world.league.config.start - _PRESEASON_LEAD
    home = CLUBS[world.codes[0]]
    tip = midnight(day) + timedelta(hours=19)
    is_over = now >= tip + timedelta(hours=3)
    game = {
        "gameId": f"001{world.season[2:4]}00001",
        "gameCode": f"{day:%Y%m%d}/{_GUESTS['teamTricode']}{home.code}",
        "gameStatus": 3 if is_over else 1,
        "gameStatusText": "Final" if is_over else "7:00 pm ET",
        "gameSequence": 1,
        **_times(day, tip),
        "day": f"{day:%a}",
        "monthNum": day.month,
        "weekNumber": 0,
        "weekName": "",
        **_labels("Preseason"),
        **_arena(home),
        "homeTeam": {**_club(home), "wins": 0, "losses": 0, "score": 104 if is_over else 0, "seed": 0},
        "awayTeam": {**_GUESTS, "wins": 0, "losses": 0, "score": 88 if is_over else 0, "seed": 0},
        "pointsLeaders": [],
    }
    return _game_date(day, [game])


def _weeks(world: World) -> list[Row]:
    config = world.league.config
    count = _week_number(world, config.last)
    mondays = [_monday(config.start) + timedelta(weeks=number) for number in range(count)]
    return [
        {
            "weekNumber": number,
            "weekName": f"Week {number}",
            "startDate": f"{monday}T00:00:00Z",
            "endDate": f"{monday + timedelta(days=6)}T00:00:00Z",
        }
        for number, monday in enumerate(mondays, start=1)
    ]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week_number(world: World, day: date) -> int:
    return (day - _monday(world.league.config.start)).days // 7 + 1


# -- players ------------------------------------------------------------------------------------------------------------
def player_index(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`playerindex`: everybody on a roster today, by last name."""
    teams = world.team_of(now) if param(ask, "Season") == world.season else {}
    people = sorted(
        (world.people[one] for one in teams), key=lambda one: (one.last_name, one.first_name, one.player_id)
    )
    rows = [_index_row(person, CLUBS[teams[person.player_id]], world.start_year) for person in people]
    return in_json(_result_sets("playerindex", ask, "PlayerIndex", _INDEX_COLUMNS, rows))


def _index_row(person: Person, club: Club, start_year: int) -> list[Any]:
    first_year = None if person.years is None else start_year - person.years
    return [
        *(person.player_id, person.last_name, person.first_name, _slug(person), club.nba_id, club.slug, 0),
        *(club.short_city, club.nickname, club.code, person.jersey, person.position, person.height),
        *(None if person.weight is None else str(person.weight), person.school),
        *(None if person.school is None else "USA", first_year, None, None, 1.0),
        *(str(first_year or start_year), str(start_year), None, None, None, "Season"),
    ]


def _slug(person: Person) -> str:
    return re.sub(r"[^a-z]+", "-", person.plain_name.lower()).strip("-")


# -- what happened ------------------------------------------------------------------------------------------------------
def game_log(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`leaguegamelog` of players: a row for each who played, of a day, a range or the whole season."""
    rows = [_log_row(world, game, row) for game in _games_asked_for(world, now, ask) for row in world.box(game, now)]
    ordered = rows[::-1] if ask.params.get("Direction", "DESC") == "DESC" else rows
    return in_json(_result_sets("leaguegamelog", ask, "LeagueGameLog", _LOG_COLUMNS, ordered))


def _games_asked_for(world: World, now: datetime, ask: Ask) -> Iterable[Game]:
    if (param(ask, "Season"), param(ask, "SeasonType")) != (world.season, SEASON_TYPE):
        return []
    first, last = (_day_param(ask, name) for name in ("DateFrom", "DateTo"))
    return [game for game in world.over(now) if (first or game.day) <= game.day <= (last or game.day)]


def _day_param(ask: Ask, name: str) -> date | None:
    """A date as 2025-10-21 or 10/21/2025; None for an empty one, which is no bound."""
    text = ask.params.get(name, "")
    for style in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text, style).date() if text else None  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    raise BadAsk(f"The value '{text}' is not valid for {name}.")


def _log_row(world: World, game: Game, row: Row) -> list[Any]:
    club = CLUBS[row["team_abbr"]]
    versus = f"vs. {row['opp_abbr']}" if row["is_home"] else f"@ {row['opp_abbr']}"
    fantasy = sum(weight * row[name] for name, weight in _FANTASY_POINTS.items())
    return [
        *(f"2{world.start_year}", row["player_id"], row["player_name"], club.nba_id, club.code, club.league_name),
        *(game.game_id, str(game.day), f"{club.code} {versus}", "W" if row["win"] else "L", round(row["minutes"])),
        *(row["fgm"], row["fga"], _share(row["fgm"], row["fga"]), row["fg3m"], row["fg3a"]),
        *(_share(row["fg3m"], row["fg3a"]), row["ftm"], row["fta"], _share(row["ftm"], row["fta"])),
        *(row[name] for name in ("oreb", "dreb", "reb", "ast", "stl", "blk", "tov", "pf", "pts", "plus_minus")),
        *(round(fantasy, 1), 1),
    ]


def _share(made: int, attempted: int) -> float | None:
    return round(made / attempted, 3) if attempted else None


def box_score(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`boxscoretraditionalv3`: everybody dressed or not, starters with a position, the others with a comment."""
    game = world.by_id.get(param(ask, "GameID"))
    if game is None:
        return not_found("no such game")
    document = {
        "meta": {"version": 1, "request": f"/games/{game.game_id}/boxscoretraditional?Format=json", "time": iso_z(now)},
        "boxScoreTraditional": {
            "gameId": game.game_id,
            "awayTeamId": CLUBS[game.away].nba_id,
            "homeTeamId": CLUBS[game.home].nba_id,
            "homeTeam": {**_club(CLUBS[game.home]), "players": _players(world, game, game.home, now)},
            "awayTeam": {**_club(CLUBS[game.away]), "players": _players(world, game, game.away, now)},
        },
    }
    return in_json(document)


def _players(world: World, game: Game, team: str, now: datetime) -> list[Row]:
    played = [row for row in world.box(game, now) if row["team_abbr"] == team]
    absent = [row for row in world.did_not_play(game, now) if row["team_abbr"] == team]
    positions = iter(_STARTING_POSITIONS)
    return [
        *(_player(world, row, next(positions) if row["started"] else "", "", _statistics(row)) for row in played),
        *(_player(world, row, "", row["comment"], _statistics(None)) for row in absent),
    ]


def _player(world: World, row: Row, position: str, comment: str, statistics: Row) -> Row:
    person = world.people[row["player_id"]]
    initial = f"{person.first_name[0]}. " if person.first_name else ""
    return {
        "personId": person.player_id,
        "firstName": person.first_name,
        "familyName": person.last_name,
        "nameI": f"{initial}{person.last_name}",
        "playerSlug": _slug(person),
        "position": position,
        "comment": comment,
        "jerseyNum": person.jersey or "",
        "statistics": statistics,
    }


def _statistics(row: Row | None) -> Row:
    """The line of one player; minutes are empty and counts zero for who did not play."""
    value: Mapping[str, Any] = defaultdict(int) if row is None else row
    return {
        "minutes": "" if row is None else _clock(row["minutes"]),
        **_shots(value, "fg", "fieldGoals"),
        **_shots(value, "fg3", "threePointers"),
        **_shots(value, "ft", "freeThrows"),
        "reboundsOffensive": value["oreb"],
        "reboundsDefensive": value["dreb"],
        "reboundsTotal": value["reb"],
        "assists": value["ast"],
        "steals": value["stl"],
        "blocks": value["blk"],
        "turnovers": value["tov"],
        "foulsPersonal": value["pf"],
        "points": value["pts"],
        "plusMinusPoints": float(value["plus_minus"]),
    }


def _shots(value: Mapping[str, Any], column: str, name: str) -> Row:
    made, attempted = value[f"{column}m"], value[f"{column}a"]
    return {f"{name}Made": made, f"{name}Attempted": attempted, f"{name}Percentage": _share(made, attempted) or 0.0}


def _clock(minutes: float) -> str:
    seconds = round(minutes * 60)
    return f"{seconds // 60}:{seconds % 60:02d}"


def shot_locations(world: World, now: datetime, ask: Ask, _: "re.Match[str]") -> Answer:
    """`leaguedashplayershotlocations` by zone: makes and attempts of each player, added up over the dates asked for."""
    totals: dict[int, dict[str, Any]] = {}
    for game in _games_asked_for(world, now, ask):
        for row in world.box(game, now):
            total = totals.setdefault(row["player_id"], defaultdict(int))
            total["player_name"], total["team_abbr"] = row["player_name"], row["team_abbr"]
            for name in ("fgm_paint", "fga_paint", "fgm_mid", "fga_mid", "fg3m", "fg3a"):
                total[name] += row[name]
    rows = [_zone_row(world, player_id, total, now) for player_id, total in sorted(totals.items())]
    result = {"name": "ShotLocations", "headers": _zone_headers(), "rowSet": rows}
    return in_json({"resource": "leaguedashplayershotlocations", "parameters": dict(ask.params), "resultSets": result})


def _zone_headers() -> list[Row]:
    return [
        {
            "name": "SHOT_CATEGORY",
            "columnsToSkip": len(_ZONE_COLUMNS),
            "columnSpan": 3,
            "columnNames": list(_ZONES),
        },
        {
            "name": "columns",
            "columnSpan": 1,
            "columnNames": [*_ZONE_COLUMNS, *(["FGM", "FGA", "FG_PCT"] * len(_ZONES))],
        },
    ]


def _zone_row(world: World, player_id: int, total: Mapping[str, Any], now: datetime) -> list[Any]:
    person, club = world.people[player_id], CLUBS[total["team_abbr"]]
    paint = _split(total["fgm_paint"], total["fga_paint"], _RESTRICTED_AREA_SHARE)
    corner, arc = _split(total["fg3m"], total["fg3a"], _CORNER_SHARE)
    zones = [*paint, (total["fgm_mid"], total["fga_mid"]), corner, (0, 0), arc, (0, 0)]
    age = None if person.birth_date is None else float((now.date() - person.birth_date).days // 365)
    who = [player_id, person.name, club.nba_id, club.code, age, person.first_name]
    return [*who, *(value for made, attempted in zones for value in (made, attempted, _share(made, attempted)))]


def _split(made: int, attempted: int, share: float) -> list[tuple[int, int]]:
    """Makes and attempts of one zone as those of two finer ones: neither has more made than attempted."""
    first = (int(made * share), int(attempted * share))
    return [first, (made - first[0], attempted - first[1])]


def _result_sets(resource: str, ask: Ask, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Row:
    return {
        "resource": resource,
        "parameters": dict(ask.params),
        "resultSets": [{"name": name, "headers": list(columns), "rowSet": list(rows)}],
    }


SITE = Site(
    pages=(
        ("/scheduleleaguev2", schedule),
        ("/playerindex", player_index),
        ("/leaguegamelog", game_log),
        ("/boxscoretraditionalv3", box_score),
        ("/leaguedashplayershotlocations", shot_locations),
    )
)
