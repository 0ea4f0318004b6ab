"""The simulated league: one call from a seed to everything an archive holds, and to the truth behind it.

It lets the platform demonstrate and test itself where no archive of real data is at hand. A seed decides everything:
the same configuration gives byte-identical frames. No clock, no environment; `write_archive` alone touches a disk.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nba_props.errors import BadInput
from nba_props.simulate.archive import SCHEMAS, conform, write_files
from nba_props.simulate.availability import (
    REASONS,
    REPORTED,
    Availability,
    TeamGames,
    draw_availability,
    report_times,
    team_games,
)
from nba_props.simulate.dice import stream
from nba_props.simulate.people import NAMESAKE, TRICODES, People, draw_people
from nba_props.simulate.play import STARTERS, Played, play_games
from nba_props.simulate.quotes import Market, draw_quotes
from nba_props.simulate.schedule import Schedule, draw_rosters, draw_schedule

EASTERN = "America/New_York"
SEASON_TYPE = "Regular Season"
INJURED, COACHS_DECISION = "DNP - Injury/Illness", "DNP - Coach's Decision"
MARKET_ERROR = 1.5  # points, of spreads and totals
UNKNOWN_SPREAD_SHARE = 0.03


@dataclass(frozen=True)
class LeagueConfig:
    """What to simulate. `quote_days`: quotes for the last so many days only (None: all days). `trap_date`: the date of
    the combination quote and of the unknown person (None: the last date with games).

    Raises BadInput for values that make no league.
    """

    seed: int = 7
    season: str = "2025-26"
    start: date = date(2025, 10, 21)
    days: int = 60
    teams: int = 30
    trades: int = 5
    quote_days: int | None = None
    trap_date: date | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        faults = {
            f"seed must not be negative, not {self.seed}": self.seed < 0,
            f"days must be from 1 to 200, not {self.days}": not 1 <= self.days <= 200,
            f"teams must be from 2 to {len(TRICODES)}, not {self.teams}": not 2 <= self.teams <= len(TRICODES),
            f"trades must not be negative, not {self.trades}": self.trades < 0,
            f"quote_days must not be negative, not {self.quote_days}": (self.quote_days or 0) < 0,
            f"season must look like 2025-26, not {self.season}": not _is_season(self.season),
            f"trap_date must be a date of the league, not {self.trap_date}": self.trap_date is not None
            and not self.start <= self.trap_date <= self.last,
        }
        if any(faults.values()):
            raise BadInput(
                f"No such league: {'; '.join(text for text, is_fault in faults.items() if is_fault)}.",
                next_step="Change the configuration of the simulated league.",
            )

    @property
    def last(self) -> date:
        """The last date of the league."""
        return self.start + timedelta(days=self.days - 1)


def _is_season(text: str) -> bool:
    years = re.fullmatch(r"(\d{4})-(\d{2})", text)
    return years is not None and (int(years[1]) + 1) % 100 == int(years[2])


@dataclass(frozen=True, eq=False, repr=False)
class League:
    """An archive in memory (columns and types of `archive.SCHEMAS`), and beside it the truth, which no file holds.

    truth: game_id, player_id, expected_minutes, expected_points, morning_points, would_play; one row per player on the
    roster of a team that plays. For those who play the expectation is that given who else does; a late scratch keeps what
    was expected of him in the morning; it is 0 for those out since the morning and those left on the bench.
    `morning_points` is what books believe: the expectation if all play who are not yet known to be out.
    """

    config: LeagueConfig
    player_box: pd.DataFrame
    games: pd.DataFrame
    points_lines: pd.DataFrame
    players: pd.DataFrame
    dnp: pd.DataFrame
    injuries: pd.DataFrame
    rosters: pd.DataFrame
    truth: pd.DataFrame

    @property
    def game_dates(self) -> list[date]:
        """The dates with at least one game, in order."""
        return sorted(day.date() for day in self.games["game_date"].unique())

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The archive's frames by file name, without the truth."""
        return {name: getattr(self, name) for name in SCHEMAS}

    def until(self, day: date) -> "League":
        """The league as known on the slate of `day`, before its first tip.

        Results (box scores, did-not-plays, scores, truth) are of earlier dates only. Of `day` itself the schedule with
        spreads, rosters, injury reports and quotes before tip remain; of later dates only the bare schedule. Tonight's
        quotes without a tip count if seen before noon Eastern, as no game tips earlier; those without a time are left
        out. Raises BadInput for a day outside the league (the day after the last is allowed: everything is known).
        """
        if not self.config.start <= day <= self.config.last + timedelta(days=1):
            raise BadInput(
                f"{day} is outside the simulated league ({self.config.start} to {self.config.last}).",
                next_step="Choose one of its dates.",
            )
        slate = pd.Timestamp(day)
        played = set(self.games.loc[self.games["game_date"] < slate, "game_id"])
        return replace(
            self,
            player_box=_rows(self.player_box, self.player_box["game_date"] < slate),
            games=_games_until(self.games, slate),
            points_lines=_rows(self.points_lines, _known_quotes(self.points_lines, slate)),
            dnp=_rows(self.dnp, self.dnp["game_date"] < slate),
            injuries=_rows(self.injuries, self.injuries["game_date"] <= slate),
            rosters=_rows(self.rosters, self.rosters["roster_date"] <= slate),
            truth=_rows(self.truth, self.truth["game_id"].isin(played)),
        )


def _rows(frame: pd.DataFrame, keep: pd.Series) -> pd.DataFrame:
    return frame[keep].reset_index(drop=True)


def _games_until(games: pd.DataFrame, slate: pd.Timestamp) -> pd.DataFrame:
    games = games.copy()
    games.loc[games["game_date"] >= slate, ["home_pts", "away_pts", "margin", "total_pts"]] = pd.NA
    games.loc[games["game_date"] > slate, ["home_spread", "total_line"]] = np.nan
    return games


def _known_quotes(quotes: pd.DataFrame, slate: pd.Timestamp) -> pd.Series:
    noon = (slate + pd.Timedelta(hours=12)).tz_localize(EASTERN)
    before_tip = quotes["pre_tip"].fillna(quotes["tip_utc"].isna() & (quotes["snapshot_utc"] < noon)).astype(bool)
    return (quotes["game_date"] < slate) | ((quotes["game_date"] == slate) & before_tip)


def write_archive(league: League, directory: Path) -> None:
    """Write the league as the files that `nba-props import-history` reads, with injuries and rosters; no truth.

    Raises StorageFault where the disk refuses.
    """
    write_files(league.frames, directory)


def simulate_league(config: LeagueConfig) -> League:
    """Play the whole league of `config`. Sixty days of thirty teams take a few seconds."""
    people = draw_people(config.seed, config.teams, config.start)
    schedule = draw_schedule(config.seed, config.start, config.days, config.teams)
    namesakes = np.flatnonzero(people.players["player_name"] == NAMESAKE)
    rosters = draw_rosters(config.seed, config.days, config.teams, config.trades, namesakes)
    games = team_games(schedule, rosters)
    availability = draw_availability(config.seed, schedule, games, people.skills.frailty)
    played = play_games(config.seed, games, people.skills, availability)
    return _Records(config, people, schedule, rosters, games, availability, played).league()


@dataclass(frozen=True, eq=False)
class _Records:
    """Writes what happened into the archive's frames."""

    config: LeagueConfig
    people: People
    schedule: Schedule
    rosters_by_day: NDArray[np.int64]
    sides: TeamGames
    availability: Availability
    played: Played

    def league(self) -> League:
        frames = {
            "player_box": self.player_box(),
            "games": self.games(),
            "points_lines": self.points_lines(),
            "players": self.people.players,
            "dnp": self.dnp(),
            "injuries": self.injuries(),
            "rosters": self.rosters(),
        }
        conformed = {name: conform(name, frame) for name, frame in frames.items()}
        return League(config=self.config, truth=self.truth(), **conformed)

    @property
    def dates(self) -> pd.DatetimeIndex:
        return pd.date_range(self.config.start, periods=self.config.days, unit="us")

    @property
    def midnights(self) -> NDArray[np.int64]:
        return self.dates.tz_localize(EASTERN).tz_convert("UTC").as_unit("us").asi8

    @property
    def game_ids(self) -> NDArray[np.object_]:
        season = self.config.season[2:4]
        return np.array([f"002{season}{number:05d}" for number in range(1, len(self.schedule.day) + 1)], dtype=object)

    @property
    def tricodes(self) -> NDArray[np.object_]:
        return np.array(TRICODES, dtype=object)

    def _who_and_when(self, side: NDArray[np.int64], slot: NDArray[np.int64]) -> dict[str, object]:
        """Game, person and team of rows given as (team-game, roster slot)."""
        game = self.sides.game[side]
        person = self.people.players.iloc[self.sides.roster[side, slot]]
        return {
            "season": self.config.season,
            "season_type": SEASON_TYPE,
            "game_id": self.game_ids[game],
            "game_date": self.dates[self.schedule.day[game]],
            "player_id": person["player_id"].to_numpy(),
            "player_name": person["player_name"].to_numpy(),
            "team_abbr": self.tricodes[self.sides.team[side]],
            "opp_abbr": self.tricodes[self.sides.opponent[side]],
        }

    def player_box(self) -> pd.DataFrame:
        side, slot = np.nonzero(self.played.plan.plays)
        counts = {name: values[side, slot] for name, values in self.played.counts.items()}
        margin = self._margin()
        home_won = margin[self.sides.game[side]] > 0
        box = pd.DataFrame(
            self._who_and_when(side, slot)
            | {
                "is_home": self.sides.is_home[side],
                "started": self.played.plan.rank[side, slot] < STARTERS,
                "win": home_won == self.sides.is_home[side],
                "minutes": self.played.minutes[side, slot],
            }
            | counts
        )
        order = np.lexsort((-box["minutes"], ~box["started"], side))
        return box.iloc[order]

    def _margin(self) -> NDArray[np.int64]:
        home, away = self.played.team_points.reshape(-1, 2).T
        return home - away

    def games(self) -> pd.DataFrame:
        home, away = self.played.team_points.reshape(-1, 2).T
        expected_home, expected_away = self.played.morning_plan.points.sum(axis=1).reshape(-1, 2).T
        rng = stream(self.config.seed, "spreads")
        error = rng.normal(0, MARKET_ERROR, (2, len(home)))
        unknown = rng.random(len(home)) < UNKNOWN_SPREAD_SHARE
        return pd.DataFrame(
            {
                "season": self.config.season,
                "season_type": SEASON_TYPE,
                "game_id": self.game_ids,
                "game_date": self.dates[self.schedule.day],
                "home_abbr": self.tricodes[self.schedule.home],
                "away_abbr": self.tricodes[self.schedule.away],
                "home_pts": home,
                "away_pts": away,
                "tip_utc": pd.Series(self.schedule.tip).where(self.schedule.tip_known),
                "home_spread": np.where(unknown, np.nan, _to_half(expected_away - expected_home + error[0])),
                "total_line": np.where(unknown, np.nan, _to_half(expected_home + expected_away + error[1])),
                "margin": home - away,
                "total_pts": home + away,
            }
        )

    def points_lines(self) -> pd.DataFrame:
        quote_days = self.config.days if self.config.quote_days is None else self.config.quote_days
        names = self.people.players["player_name"].to_numpy()
        market = Market(self.schedule, self.sides, self.availability, self.played, self.midnights, names)
        trap_day = (
            (self.config.trap_date - self.config.start).days if self.config.trap_date else int(self.schedule.day.max())
        )
        quotes = draw_quotes(self.config.seed, market, self.config.days - quote_days, trap_day)
        return quotes.assign(season=self.config.season, game_date=self.dates[quotes["day"]])

    def dnp(self) -> pd.DataFrame:
        side, slot = np.nonzero(~self.played.plan.plays)
        injured = self.availability.absent[side, slot]
        comment = np.where(injured, INJURED, COACHS_DECISION)
        return pd.DataFrame(self._who_and_when(side, slot) | {"comment": comment})

    def injuries(self) -> pd.DataFrame:
        said = REPORTED[self.availability.script]
        side, slot, report = np.nonzero(pd.notna(said))
        reported = report_times(self.schedule, self.midnights)[self.sides.game[side], report]
        reasons = np.array(REASONS, dtype=object)[self.availability.reason[side, slot]]
        lines = pd.DataFrame(
            self._who_and_when(side, slot)
            | {
                "status": said[side, slot, report],
                "reason": reasons,
                "reported_utc": pd.to_datetime(reported, unit="us", utc=True),
            }
        )
        return lines.sort_values(["game_date", "reported_utc", "team_abbr", "player_id"], kind="stable")

    def rosters(self) -> pd.DataFrame:
        days, teams, slots = self.rosters_by_day.shape
        person = self.people.players.iloc[self.rosters_by_day.ravel()]
        return pd.DataFrame(
            {
                "roster_date": self.dates.repeat(teams * slots),
                "team_abbr": np.tile(self.tricodes[:teams].repeat(slots), days),
                "player_id": person["player_id"].to_numpy(),
                "player_name": person["player_name"].to_numpy(),
            }
        )

    def truth(self) -> pd.DataFrame:
        plan, morning = self.played.plan, self.played.morning_plan
        side, slot = (axis.ravel() for axis in np.indices(plan.plays.shape))
        scratched = morning.plays & ~plan.plays
        who = self._who_and_when(side, slot)
        return pd.DataFrame(
            {
                "game_id": who["game_id"],
                "player_id": who["player_id"],
                "expected_minutes": np.where(scratched, morning.minutes, plan.minutes).ravel(),
                "expected_points": np.where(scratched, morning.points, plan.points).ravel(),
                "morning_points": morning.points.ravel(),
                "would_play": plan.plays.ravel(),
            }
        )


def _to_half(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """To the nearest half point, without a negative zero."""
    return np.rint(2 * values) / 2 + 0.0
