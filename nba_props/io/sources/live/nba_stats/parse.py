"""Documents of stats.nba.com as rows in our column names, sheet by sheet.

Here belongs what a record becomes. Not here: what they send (`payloads`), how bytes are read (`live.received`), what to ask
(`requests`), and what a row must satisfy (`live.rows`).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any, Final

from nba_props.domain.calendar import EASTERN, SeasonType, season_type_of_game
from nba_props.io.sources.archive.payloads import SEASON_TYPE_LABEL, Problem, Reason
from nba_props.io.sources.live.contract import Parsed, Payload, Sheet
from nba_props.io.sources.live.nba_stats.payloads import (
    BoxPlayer,
    BoxScore,
    BoxTeam,
    GameBox,
    IndexedPerson,
    LocatedShots,
    LoggedGame,
    ResultSet,
    ResultSets,
    Schedule,
    ScheduledGame,
    Side,
    ZoneSet,
    ZoneSets,
)
from nba_props.io.sources.live.received import (
    LeftOut,
    accept,
    read_envelope,
    read_row,
    read_rows,
    read_table,
    rejected,
)

_OVER = 3
_NOT_COUNTING = (SeasonType.PRESEASON, SeasonType.ALL_STAR)
_NAMELESS = f"player_name_{Problem.MISSING}"
_COUNTS: Final = (
    *("pts", "fgm", "fga", "fg3m", "fg3a", "ftm", "fta", "oreb", "dreb", "reb", "ast", "stl", "blk", "tov", "pf"),
    "plus_minus",
)
_MATCHUP = re.compile(r"([A-Z]{2,4}) (vs\.|@) ([A-Z]{2,4})")


# -- schedule and results ---------------------------------------------------------------------------------------------
def parse_schedule(payload: Payload) -> Parsed:
    """SCHEDULE: every game with its teams, preseason and all-star games included (the border excludes and counts them).
    RESULTS: the final scores of games that count. Postponed games, and those without teams yet, are left out.

    Raises PayloadRejected.
    """
    league = read_envelope(payload, Schedule).league
    sent = [game for day in league.days for game in day.games]
    parsed = Parsed(is_empty_slate=not sent)
    for number, game in read_rows(parsed, Sheet.SCHEDULE, ScheduledGame, enumerate(sent)):
        _add_game(parsed, number, game, league.season, sent[number])
    return accept(payload, parsed)


def _add_game(parsed: Parsed, number: int, game: ScheduledGame, season: str, sent: Mapping[str, Any]) -> None:
    if _is_postponed(game):
        parsed.refuse(Sheet.SCHEDULE, number, LeftOut.GAME_POSTPONED, sent)
        return
    if not (_is_known(game.home) and _is_known(game.away)):
        parsed.refuse(Sheet.SCHEDULE, number, LeftOut.TEAMS_NOT_YET_KNOWN, sent)
        return
    played = {
        "game_id": game.game_id,
        "game_date": game.game_date,
        "home_abbr": game.home.code,
        "away_abbr": game.away.code,
    }
    kind = season_type_of_game(game.game_id)
    told = {"season": season, "season_type": SEASON_TYPE_LABEL[kind] if kind else None, "tip_utc": _tip(game)}
    parsed.add(Sheet.SCHEDULE, number, played | told)
    if game.status == _OVER and kind not in _NOT_COUNTING:
        parsed.add(Sheet.RESULTS, number, played | {"home_pts": game.home.score, "away_pts": game.away.score})


def _is_postponed(game: ScheduledGame) -> bool:
    """Only the text says so: `postponedStatus` stays set after a new date was found, and was once set for whole seasons."""
    return game.status_text.strip().casefold().startswith(("ppd", "postpon", "cancel"))


def _is_known(side: Side) -> bool:
    return side.team_id != 0 and side.code is not None


def _tip(game: ScheduledGame) -> datetime | None:
    """The tip-off; None while it is to be determined: there is none, the text says so, or it is midnight Eastern."""
    tip = game.tip_utc
    if tip is None or "TBD" in game.status_text.upper():
        return None
    return None if tip.astimezone(EASTERN).time() == time(0) else tip


# -- people -----------------------------------------------------------------------------------------------------------
def parse_player_index(payload: Payload) -> Parsed:
    """PEOPLE: "First Last", a suffix as part of the last name. Raises PayloadRejected."""
    table = _table(payload, "PlayerIndex")
    parsed = Parsed(is_empty_slate=not table.rows)
    for number, sent, person in read_table(payload, parsed, Sheet.PEOPLE, table.headers, table.rows, IndexedPerson):
        name = _full_name(person.first_name, person.last_name)
        if name is None:
            parsed.refuse(Sheet.PEOPLE, number, _NAMELESS, sent)
            continue
        described = person.model_dump(include={"player_id", "position", "height", "weight"})
        parsed.add(Sheet.PEOPLE, number, described | {"player_name": name})
    return accept(payload, parsed)


def _full_name(first: str | None, last: str | None) -> str | None:
    return " ".join(name.strip() for name in (first, last) if name) or None


def _table(payload: Payload, name: str) -> ResultSet:
    found = [table for table in read_envelope(payload, ResultSets).sets if table.name == name]
    if len(found) != 1:
        raise rejected(payload, f"not exactly one table {name}")
    return found[0]


# -- box scores -------------------------------------------------------------------------------------------------------
def parse_game_log(payload: Payload) -> Parsed:
    """BOX_SCORES of those who played, with date, opponent, side and result; minutes whole. Raises PayloadRejected."""
    table = _table(payload, "LeagueGameLog")
    parsed = Parsed(is_empty_slate=not table.rows)
    for number, sent, line in read_table(payload, parsed, Sheet.BOX_SCORES, table.headers, table.rows, LoggedGame):
        sides = _sides(line)
        if sides is None:
            parsed.refuse(Sheet.BOX_SCORES, number, Reason.TEAM_NOT_IN_GAME, sent)
            continue
        parsed.add(Sheet.BOX_SCORES, number, line.model_dump(exclude={"matchup"}) | sides)
    return accept(payload, parsed)


def _sides(line: LoggedGame) -> dict[str, Any] | None:
    """Opponent and side from "GSW vs. NYK" (at home) or "IND @ MIL"; None where that is not of the player's team."""
    matchup = _MATCHUP.fullmatch(line.matchup.strip())
    if matchup is None or matchup[1] != line.team_abbr:
        return None
    return {"opp_abbr": matchup[3], "is_home": matchup[2] == "vs."}


def parse_box_score(payload: Payload) -> Parsed:
    """BOX_SCORES of one game: starters, minutes to the second, and who did not play, with the comment.

    The payload has no date: it is the one the request was filed under. Raises PayloadRejected.
    """
    game = read_envelope(payload, BoxScore).game
    parsed = Parsed()
    for number, (own, other, sent) in enumerate(_players(game)):
        player = read_row(parsed, Sheet.BOX_SCORES, number, BoxPlayer, _flattened(sent))
        if player is None:
            continue
        name = _full_name(player.first_name, player.last_name)
        if name is None:
            parsed.refuse(Sheet.BOX_SCORES, number, _NAMELESS, sent)
            continue
        place = {"game_id": game.game_id, "game_date": payload.day, "is_home": own is game.home}
        side = {"team_abbr": own.code, "opp_abbr": other.code, "win": _won(own, other)}
        person = {"player_id": player.player_id, "player_name": name, "started": _started(player, own)}
        parsed.add(Sheet.BOX_SCORES, number, place | side | person | _line(player))
    if not parsed.count(Sheet.BOX_SCORES):
        raise rejected(payload, "it is asked for games that were played, and has no players")
    return accept(payload, parsed)


def _players(game: GameBox) -> Iterator[tuple[BoxTeam, BoxTeam, Any]]:
    """(his team, the other, what was sent) of each player, the home team's first."""
    for own, other in ((game.home, game.away), (game.away, game.home)):
        for sent in own.players:
            yield own, other, sent


def _flattened(sent: Any) -> Any:
    statistics = sent.get("statistics") if isinstance(sent, dict) else None
    return sent | statistics if isinstance(statistics, dict) else sent


def _line(player: BoxPlayer) -> dict[str, Any]:
    """Minutes, counts and comment. Zeros of a player who did not play say that nothing happened, not that he scored none."""
    counts = {name: getattr(player, name) for name in _COUNTS}
    if player.minutes or any(counts.values()):
        return counts | {"minutes": player.minutes, "comment": player.comment}
    was_on_the_floor = player.minutes is not None and player.comment is None
    return {
        **{name: count if was_on_the_floor else None for name, count in counts.items()},
        "minutes": player.minutes if was_on_the_floor else None,
        "comment": player.comment,
    }


def _started(player: BoxPlayer, team: BoxTeam) -> bool | None:
    """A starter has a position; where a team names no positions at all, nothing is known."""
    is_told = any(isinstance(sent, dict) and sent.get("position") for sent in team.players)
    return player.position is not None if is_told else None


def _won(own: BoxTeam, other: BoxTeam) -> bool | None:
    """Whether the team's points are more; None where the sums are missing or equal (the game is not over)."""
    ours, theirs = (team.totals.pts if team.totals else None for team in (own, other))
    return None if ours is None or theirs is None or ours == theirs else ours > theirs


# -- shot zones -------------------------------------------------------------------------------------------------------
def parse_shot_zones(payload: Payload) -> Parsed:
    """SHOT_ZONES of one date. Paint is their restricted area and the rest of the painted lane, which stands for the 8 feet of
    the domain's zones (the lane's far end lies beyond them); mid-range is theirs.

    Rows have no date: it is the one that was asked for, and a payload that names another is rejected. Raises PayloadRejected.
    """
    sets = read_envelope(payload, ZoneSets)
    _assert_date(payload, sets)
    parsed = Parsed(is_empty_slate=not sets.table.rows)
    headers = _flat_headers(payload, sets.table)
    for number, _, shots in read_table(payload, parsed, Sheet.SHOT_ZONES, headers, sets.table.rows, LocatedShots):
        person = shots.model_dump(include={"player_id", "player_name", "team_abbr", "fgm_mid", "fga_mid"})
        paint = {
            "fgm_paint": shots.fgm_rim + shots.fgm_rest_of_paint,
            "fga_paint": shots.fga_rim + shots.fga_rest_of_paint,
        }
        parsed.add(Sheet.SHOT_ZONES, number, {"game_date": payload.day} | person | paint)
    return accept(payload, parsed)


def _assert_date(payload: Payload, sets: ZoneSets) -> None:
    told = [sets.parameters[name] for name in ("DateFrom", "DateTo") if name in sets.parameters]
    if any(day != payload.day.isoformat() for day in told):
        raise rejected(payload, f"it was asked for {payload.day} and tells of {', '.join(map(str, told))}")


def _flat_headers(payload: Payload, table: ZoneSet) -> list[str]:
    """Two-level headers as one: "PLAYER_ID", then "Mid-Range FGM" and so on. Raises PayloadRejected."""
    levels = {level.name: level for level in table.headers}
    if set(levels) != {"SHOT_CATEGORY", "columns"} or len(table.headers) != 2:
        raise rejected(payload, "its header is not zones over columns")
    zones, columns = levels["SHOT_CATEGORY"], levels["columns"].names
    above = [f"{zone} " for zone in zones.names for _ in range(zones.span)]
    if zones.skipped + len(above) != len(columns):
        raise rejected(payload, "its zones do not span its columns")
    return [zone + column for zone, column in zip([""] * zones.skipped + above, columns, strict=True)]
