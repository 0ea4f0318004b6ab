"""What the books say: lines, prices, moves, and the ways in which a real feed is dirty.

Lines start from the true median of what a player is expected to score, never from the result, except in-play quotes,
which know part of it: to use one before tip is the leak that a reader must prevent.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from nba_props.simulate.availability import Availability, TeamGames, out_since
from nba_props.simulate.dice import stream
from nba_props.simulate.people import INITIALLED, LOOK_ALIKE, TRICODES
from nba_props.simulate.play import Played
from nba_props.simulate.schedule import Schedule
from nba_props.simulate.spelling import initial_form, with_cyrillic_o, without_accents, without_suffix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LINE_TYPE = "main/alt unknown"  # the archive's own word: its sources do not say which a line is
DFS_PRICE = -137.0
UNKNOWN_PERSON = "Bartholomew Quincealot"  # quoted by two books on one date; belongs to no team

LEAST_QUOTED_POINTS = 5.0  # nobody offers a line on less
CLOSING_ERROR, MOVE, BOOK_ERROR = 0.8, 0.45, 0.35  # standard deviations, in points: at tip, between polls, of a book
IN_PLAY_KNOWLEDGE = 0.6  # of the gap between what was expected and what will have happened
IN_PLAY_MICROSECONDS = 100 * 60 * 1_000_000

# The Eastern clock times, in minutes, at which the feed is polled, give or take some minutes.
POLLS = (9 * 60 + 5, 11 * 60 + 10, 14 * 60 + 5, 17 * 60 + 20, 18 * 60 + 45, 20 * 60 + 35)
LINEUP_NEWS_MICROSECONDS = 30 * 60 * 1_000_000  # before tip: from then on books know who is really there

LISTED_SHARE = 0.9  # of a book's pre-tip polls that show an offered player
IN_PLAY_SHARE = 0.15
ALTERNATES_SHARE = 0.3
WHOLE_LINE_SHARE = 0.25  # of DFS lines
BLIND_POLL_SHARE = 0.05  # a book's poll without tip, event and teams
NO_EVENT_POLL_SHARE = 0.10  # with the tip, but without event and teams
UNTIMED_SHARE = 0.01  # DFS rows kept without the time they were seen


@dataclass(frozen=True)
class Book:
    """How one operator quotes. `vig` is the overround of both sides; `offers` the share of eligible players."""

    key: str
    vig: float
    offers: float
    is_dfs: bool = False
    has_alternates: bool = False
    quotes_in_play: bool = False


BOOKS = (
    Book("draftkings", vig=0.055, offers=0.90, quotes_in_play=True),
    Book("fanduel", vig=0.050, offers=0.95, quotes_in_play=True),
    Book("betmgm", vig=0.060, offers=0.80),
    Book("betrivers", vig=0.060, offers=0.80, has_alternates=True),
    Book("prizepicks", vig=0.0, offers=0.75, is_dfs=True),
)
IS_DFS = np.array([book.is_dfs for book in BOOKS])
HAS_ALTERNATES = np.array([book.has_alternates for book in BOOKS])
QUOTES_IN_PLAY = np.array([book.quotes_in_play for book in BOOKS])
OFFERS = np.array([book.offers for book in BOOKS])
VIG = np.array([book.vig for book in BOOKS])
VIG_SPREAD = 0.005
ALTERNATES = (-4.0, -2.0, 2.0, 4.0)
LONGEST_PRICE = 900.0


def event_id(seed: int, number: int) -> str:
    """The feed's own id of the league's game `number` (from 0, in the order of the schedule)."""
    return hashlib.md5(f"{seed}/{number}".encode()).hexdigest()


def spelled(book: str, name: str) -> str:
    """The name as the book writes it."""
    if book == "draftkings":
        return without_accents(name)
    if book == "fanduel":
        return without_suffix(without_accents(name))
    if book == "betrivers":
        return initial_form(name) if name == INITIALLED else without_suffix(name)
    if book == "prizepicks" and name == LOOK_ALIKE:
        return with_cyrillic_o(name)
    return name


def points_median(mean: Floats) -> Floats:
    """Median of a player's points at an expectation: below it, as the distribution leans right (fitted, see tests)."""
    return mean - 0.55


def points_sd(mean: Floats) -> Floats:
    """Standard deviation of a player's points at an expectation (fitted to the league's own games)."""
    return 1.65 * np.sqrt(np.maximum(mean, 1.0))


def american(prob: Floats) -> Floats:
    """American price, a whole number, of an implied probability (kept within 0.02 and 0.98)."""
    prob = np.clip(prob, 0.02, 0.98)
    return np.rint(np.where(prob >= 0.5, -100 * prob / (1 - prob), 100 * (1 - prob) / prob))


@dataclass(frozen=True)
class Market:
    """What the books quote on: everything known and to be known of the league's games."""

    schedule: Schedule
    games: TeamGames
    availability: Availability
    played: Played
    midnights: Ints  # Eastern midnight of every day of the league, UTC microseconds
    names: NDArray[np.object_]  # by player index


def draw_quotes(seed: int, market: Market, first_day: int, trap_day: int) -> pd.DataFrame:
    """Points quotes from `first_day` on, in the archive's columns but `season`, ordered by the time they were seen.

    The combination of two players and the unknown person appear on `trap_day`.
    """
    rng = stream(seed, "quotes")
    polls = _polls(rng, market, first_day)
    main = _price(rng, polls, polls["centre"].to_numpy())
    alternates = _alternates(rng, polls[~polls["in_play"]])
    quotes = pd.concat([main, alternates, _strangers(main, trap_day)], ignore_index=True)
    return _as_archive(seed, rng, quotes, market)


def _polls(rng: np.random.Generator, market: Market, first_day: int) -> pd.DataFrame:
    """One row per player, book and poll that shows a line: who, when, and the book's idea of the median."""
    game_of, day_of = market.games.game, market.schedule.day[market.games.game]
    quoted = (market.played.morning_plan.points >= LEAST_QUOTED_POINTS) & (day_of >= first_day)[:, None]
    side, slot = np.nonzero(quoted)
    person = market.games.roster[side, slot]
    seen = _poll_times(rng, market.midnights)[day_of[side]]
    tip = market.schedule.tip.asi8[game_of[side]][:, None, None]
    out = out_since(market.availability, market.schedule, market.games, market.midnights)[side, slot][:, None, None]
    shown = _shown(rng, seen, tip) & (seen < out)
    centre = _centres(rng, market, side, slot, seen)
    whole = (rng.random(len(side)) < WHOLE_LINE_SHARE)[:, None] & IS_DFS
    spellings = np.array([[spelled(book.key, name) for book in BOOKS] for name in market.names], dtype=object)
    row, book, poll = np.nonzero(shown)
    return pd.DataFrame(
        {
            "game": game_of[side[row]],
            "day": day_of[side[row]],
            "player": person[row],
            "book": book,
            "poll": poll,
            "name": spellings[person[row], book],
            "seen": seen[row, book, poll],
            "in_play": (seen >= tip)[row, book, poll],
            "centre": centre[row, book, poll],
            "whole": whole[row, book],
        }
    )


def _shown(rng: np.random.Generator, seen: Ints, tip: Ints) -> Bools:
    """Which polls of which books show a line (player-games x books x polls)."""
    offered = rng.random(seen.shape[:2]) < OFFERS
    dice = rng.random(seen.shape)
    soon_after_tip = (seen >= tip) & (seen < tip + IN_PLAY_MICROSECONDS)
    in_play = soon_after_tip & QUOTES_IN_PLAY[:, None] & (dice < IN_PLAY_SHARE)
    shown: Bools = offered[:, :, None] & (((seen < tip) & (dice < LISTED_SHARE)) | in_play)
    return shown


def _poll_times(rng: np.random.Generator, midnights: Ints) -> Ints:
    """Days x books x polls, UTC microseconds: books are read one after another, some minutes after the plan."""
    seconds = 60 * np.array(POLLS) + rng.integers(0, 600, (len(midnights), 1, len(POLLS)))
    in_turn = rng.integers(0, 60, (len(midnights), len(BOOKS), len(POLLS)))
    return midnights[:, None, None] + 1_000_000 * (seconds + in_turn)


def _centres(rng: np.random.Generator, market: Market, side: Ints, slot: Ints, seen: Ints) -> Floats:
    """The median each book believes in at each poll (player-games x books x polls).

    A common error that shrinks towards tip, a small one of each book; both have mean zero.
    """
    tip = market.schedule.tip.asi8[market.games.game[side]][:, None, None]
    in_the_morning, at_tip, actual = (
        values[side, slot][:, None, None]
        for values in (market.played.morning_plan.points, market.played.plan.points, market.played.counts["pts"])
    )
    is_playing = market.played.plan.plays[side, slot][:, None, None]
    expected = np.where((seen >= tip - LINEUP_NEWS_MICROSECONDS) & is_playing, at_tip, in_the_morning)
    moves_to_come = np.cumsum(rng.normal(0, MOVE, (len(side), 1, len(POLLS)))[:, :, ::-1], axis=2)[:, :, ::-1]
    error = rng.normal(0, CLOSING_ERROR, (len(side), 1, 1)) + moves_to_come
    book_error = rng.normal(0, BOOK_ERROR, (len(side), len(BOOKS), 1))
    learnt = np.where(seen >= tip, IN_PLAY_KNOWLEDGE * (actual - expected), 0.0)
    return np.maximum(points_median(expected) + error + book_error + learnt, 1.0)


def _price(rng: np.random.Generator, polls: pd.DataFrame, wanted: Floats, *, is_main: bool = True) -> pd.DataFrame:
    """Put a line near each wanted value and price both sides of it from the book's own centre."""
    book, centre = polls["book"].to_numpy(), polls["centre"].to_numpy()
    line = np.where(polls["whole"], np.rint(wanted), np.floor(wanted) + 0.5)
    over = norm.sf((line - centre) / points_sd(centre))
    both = 1 + VIG[book] + rng.uniform(-VIG_SPREAD, VIG_SPREAD, len(polls))
    return polls.assign(
        line=line,
        is_main=is_main,
        over_price=np.where(IS_DFS[book], DFS_PRICE, american(over * both)),
        under_price=np.where(IS_DFS[book], DFS_PRICE, american((1 - over) * both)),
    )


def _alternates(rng: np.random.Generator, polls: pd.DataFrame) -> pd.DataFrame:
    """Further lines around the main one, as far as the book still prices both sides."""
    chosen = polls[HAS_ALTERNATES[polls["book"]] & (rng.random(len(polls)) < ALTERNATES_SHARE)]
    wanted = chosen["centre"].to_numpy()
    ladder = pd.concat([_price(rng, chosen, wanted + step, is_main=False) for step in ALTERNATES])
    longest = np.maximum(ladder["over_price"].abs(), ladder["under_price"].abs())
    return ladder[(longest <= LONGEST_PRICE) & (ladder["line"] > 0)]


def _strangers(main: pd.DataFrame, trap_day: int) -> pd.DataFrame:
    """Rows that belong to no single player: a combination of two team-mates or opponents, and a person nobody knows."""
    tonight = main[(main["day"] == trap_day) & ~main["in_play"]]
    if tonight.empty:
        return tonight
    one_game = tonight[(tonight["game"] == tonight["game"].iloc[0]) & IS_DFS[tonight["book"]]]
    pair = one_game.drop_duplicates("player").head(2)
    combo = pair.head(1).assign(name=" + ".join(pair["name"]), line=pair["line"].sum())
    unknown = tonight[~IS_DFS[tonight["book"]]].drop_duplicates("book").head(2).assign(name=UNKNOWN_PERSON)
    strangers: pd.DataFrame = pd.concat([combo, unknown])
    return strangers


def _as_archive(seed: int, rng: np.random.Generator, quotes: pd.DataFrame, market: Market) -> pd.DataFrame:
    """The archive's columns, with what the feed did not say left empty."""
    poll_shape = (len(market.midnights), len(BOOKS), len(POLLS))
    at_poll = tuple(quotes[axis].to_numpy() for axis in ("day", "book", "poll"))
    game = quotes["game"].to_numpy()
    blind = (rng.random(poll_shape) < BLIND_POLL_SHARE)[at_poll] | ~market.schedule.tip_known[game]
    no_event = (rng.random(poll_shape) < NO_EVENT_POLL_SHARE)[at_poll] | blind
    untimed = IS_DFS[at_poll[1]] & ~blind & (rng.random(len(quotes)) < UNTIMED_SHARE)
    tricodes = np.array(TRICODES, dtype=object)
    events = np.array([event_id(seed, number) for number in range(len(market.schedule.day))])
    seen = pd.Series(pd.to_datetime(quotes["seen"].to_numpy(), unit="us", utc=True))
    tip = pd.Series(market.schedule.tip[game])
    archive = pd.DataFrame(
        {
            "snapshot_utc": seen.mask(untimed),
            "day": at_poll[0],
            "tip_utc": tip.mask(blind),
            "pre_tip": (seen < tip).astype("boolean").mask(blind | untimed),
            "event_id": np.where(no_event, None, events[game]),
            "home_abbr": np.where(no_event, None, tricodes[market.schedule.home[game]]),
            "away_abbr": np.where(no_event, None, tricodes[market.schedule.away[game]]),
            "player_name": quotes["name"].to_numpy(),
            "bookmaker": np.array([book.key for book in BOOKS], dtype=object)[at_poll[1]],
            "line_type": LINE_TYPE,
            "is_main": quotes["is_main"].to_numpy(),
            "line": quotes["line"].to_numpy(),
            "over_price": quotes["over_price"].to_numpy(),
            "under_price": quotes["under_price"].to_numpy(),
            "two_sided": True,
        }
    )
    return archive.sort_values(["day", "snapshot_utc"], kind="stable", ignore_index=True)
