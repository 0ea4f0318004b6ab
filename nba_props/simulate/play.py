"""How the games go: minutes, shots, box scores, and the expectation that they scatter around.

The expectation is exact up to a second-order (delta-method) term, which is what makes the league useful: a prediction
can be held against the truth, not only against the night's result. Quotes and reports are made elsewhere.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nba_props.simulate.availability import Availability, TeamGames
from nba_props.simulate.dice import noise_around_one, round_to_total, stream
from nba_props.simulate.people import Skills

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TEAM_MINUTES = 240
MOST_MINUTES = 46.0
STARTERS = 5

# By rank among the available: minutes, chance to enter the game, and what a blowout does to the minutes.
RANK_MINUTES = np.array([35.0, 34, 32.5, 31, 29, 23.5, 20, 17, 14, 10, 7, 5.5, 4.5, 4, 4])
RANK_PLAYS = np.array([1.0] * 9 + [0.75, 0.45, 0.25, 0.15, 0.10, 0.05])
RANK_IN_BLOWOUT = np.array([0.88] * 5 + [1.05] * 4 + [1.9] * 6)
MINUTES_SIGMA = np.array([0.13] * 5 + [0.24] * 4 + [0.45] * 6)
FORM_SIGMA = 0.19  # of a player's appetite for shots on a night

TEAM_SHOTS = 88.5
PACE_SIGMA = 3.0  # shots a team, shared by both sides
SHOTS_SIGMA = 2.0  # and of each side alone
OFFENCE_SIGMA, DEFENCE_SIGMA, ZONE_DEFENCE_SIGMA, TEAM_PACE_SIGMA = 0.022, 0.018, 0.02, 0.02

HOME_EDGE = 0.011  # on the chance of a made shot; the same is taken from the visitors
BACK_TO_BACK_COST = 0.02
BLOWOUT_EDGE = 0.04  # gained by the side that runs away, lost by the other
BLOWOUT_SHARE = 0.12

POINTS_OF_ZONE = np.array([2.0, 2.0, 3.0])


@dataclass(frozen=True)
class Plan:
    """What is to be expected of a set of available players (T x 15 each)."""

    rank: Ints  # among the available, 0 best; meaningless for others
    plays: Bools
    minutes: Floats
    points: Floats


@dataclass(frozen=True)
class Played:
    """Box scores (T x 15; zero for who did not play) beside the plans that they came from."""

    plan: Plan  # of those really available
    morning_plan: Plan  # of those not yet known to be out: what the books believe
    minutes: Floats
    counts: dict[str, Ints]  # fgm, fga, ..., pts, plus_minus, and the shot zones
    team_points: Ints  # T


@dataclass(frozen=True)
class _Night:
    """What shapes a team's evening before anybody shoots (T rows)."""

    shots: Floats  # expected field-goal attempts
    make_factor: Floats  # T x 3, on the chance of a made shot by zone, without the blowout
    blowout_prob: Floats
    favoured_prob: Floats  # that this side is the one to run away


def play_games(seed: int, games: TeamGames, skills: Skills, availability: Availability, replay: int = 0) -> Played:
    """Play every game: one plan for those who came, one for those who were expected in the morning.

    `replay` 1, 2, … plays the same nights again with other dice: the plans stay, and results average to them.
    """
    rng = stream(seed, "play")
    night = _nights(stream(seed, "teams"), games)
    lottery = rng.random(games.roster.shape)
    plan, morning_plan = (
        _plan(games, skills, night, available, lottery)
        for available in (~availability.absent, ~availability.known_absent)
    )
    dice = stream(seed, f"replay {replay}") if replay else rng
    return _play(dice, games, skills, night, plan, morning_plan)


def _nights(rng: np.random.Generator, games: TeamGames) -> _Night:
    teams = int(games.team.max()) + 1
    offence = rng.normal(0, OFFENCE_SIGMA, teams)
    defence = rng.normal(0, DEFENCE_SIGMA, teams)
    zone_defence = rng.normal(0, ZONE_DEFENCE_SIGMA, (teams, 3))
    pace = rng.normal(0, TEAM_PACE_SIGMA, teams)
    venue = np.where(games.is_home, HOME_EDGE, -HOME_EDGE)
    tired = np.where(games.rest == 1, -BACK_TO_BACK_COST, 0.0)
    own = offence[games.team] + venue + tired
    strength = own + defence[games.team]
    gap = strength - _of_opponent(strength)
    return _Night(
        shots=TEAM_SHOTS * (1 + pace[games.team] + pace[games.opponent]),
        make_factor=1 + own[:, None] - defence[games.opponent][:, None] - zone_defence[games.opponent],
        blowout_prob=np.minimum(BLOWOUT_SHARE * (1 + 8 * np.abs(gap)), 0.4),
        favoured_prob=1 / (1 + np.exp(-25 * gap)),
    )


def _of_opponent(values: NDArray[Any]) -> NDArray[Any]:
    """The same figure of the other side: rows come in pairs, home then away."""
    return values.reshape(-1, 2, *values.shape[1:])[:, ::-1].reshape(values.shape)


def _plan(games: TeamGames, skills: Skills, night: _Night, available: Bools, lottery: Floats) -> Plan:
    order = np.where(available, -skills.level[games.roster], np.inf)
    rank = np.argsort(np.argsort(order, axis=1, kind="stable"), axis=1, kind="stable")
    plays = available & (lottery < RANK_PLAYS[rank])
    blowout = night.blowout_prob[:, None]
    edge = (BLOWOUT_EDGE * (2 * night.favoured_prob - 1))[:, None]
    close = _expectation(games, skills, night, rank, plays, _weights(rank, plays, blown_out=False), edge=0 * edge)
    blown = _expectation(games, skills, night, rank, plays, _weights(rank, plays, blown_out=True), edge=edge)
    minutes, points = ((1 - blowout) * c + blowout * b for c, b in zip(close, blown, strict=True))
    return Plan(rank, plays, minutes, points)


def _weights(rank: Ints, plays: Bools, *, blown_out: bool | Bools) -> Floats:
    """Relative minutes by rank."""
    return RANK_MINUTES[rank] * plays * np.where(blown_out, RANK_IN_BLOWOUT[rank], 1.0)


def _expected_share(weights: Floats, variance: Floats) -> Floats:
    """E[w_i e_i / sum_j w_j e_j] for independent e with mean 1 and the given variances (delta method, rows)."""
    share = weights / weights.sum(axis=1, keepdims=True)
    expected: Floats = share * (1 - share * variance + (share**2 * variance).sum(axis=1, keepdims=True))
    return expected


def _expectation(
    games: TeamGames, skills: Skills, night: _Night, rank: Ints, plays: Bools, weights: Floats, edge: Floats
) -> tuple[Floats, Floats]:
    """Expected minutes and points (T x 15) given who plays and whether the game is close."""
    people = games.roster
    minutes_variance = np.exp(MINUTES_SIGMA[rank] ** 2) - 1
    shots_variance = np.exp(MINUTES_SIGMA[rank] ** 2 + FORM_SIGMA**2) - 1
    minutes = TEAM_MINUTES * _expected_share(weights, minutes_variance)
    shots = night.shots[:, None] * _expected_share(weights * skills.shots[people], shots_variance)
    make = skills.zone_make[people] * (night.make_factor[:, None, :] + edge[:, :, None])
    from_field = shots * (skills.zone_share[people] * make * POINTS_OF_ZONE).sum(axis=2)
    from_line = minutes * skills.free_throws[people] * skills.free_throw_make[people]
    return minutes * plays, (from_field + from_line) * plays


def _play(
    rng: np.random.Generator, games: TeamGames, skills: Skills, night: _Night, plan: Plan, morning_plan: Plan
) -> Played:
    people, plays = games.roster, plan.plays
    blown_out, edge = _draw_blowouts(rng, night)
    energy = noise_around_one(rng, MINUTES_SIGMA[plan.rank])
    form = noise_around_one(rng, np.full(people.shape, FORM_SIGMA))
    weights = _weights(plan.rank, plays, blown_out=blown_out[:, None]) * energy
    minutes = _minutes(weights)
    appetite = weights * form * skills.shots[people]
    zone_fga, zone_fgm = _shoot(rng, people, skills, night, appetite, edge)
    fta = rng.poisson(minutes * form * skills.free_throws[people])
    ftm = rng.binomial(fta, skills.free_throw_make[people])
    _break_ties(rng, minutes, zone_fgm, ftm, fta)
    counts = _box(zone_fga, zone_fgm, fta, ftm) | _other_counts(rng, people, skills, minutes)
    team_points = counts["pts"].sum(axis=1)
    counts["plus_minus"] = _plus_minus(rng, minutes, team_points - _of_opponent(team_points))
    return Played(plan, morning_plan, minutes, counts, team_points)


def _draw_blowouts(rng: np.random.Generator, night: _Night) -> tuple[Bools, Floats]:
    """Which games run away, and for each side the edge on its shooting. Both sides of a game share the dice."""
    happens = np.repeat(rng.random(len(night.shots) // 2), 2) < night.blowout_prob
    home_runs_away = rng.random(len(night.shots) // 2) < night.favoured_prob[::2]
    sign = np.column_stack([home_runs_away, ~home_runs_away]).ravel() * 2.0 - 1
    return happens, happens * sign * BLOWOUT_EDGE


_SHARINGS = 4
"""Times that what is beyond one player's most is shared among the others: some of these may then be beyond it."""


def _minutes(weights: Floats) -> Floats:
    """Minutes to a tenth, as the archive has them; a team's add up to 240."""
    minutes = TEAM_MINUTES * weights / weights.sum(axis=1, keepdims=True)
    for _ in range(_SHARINGS):
        minutes = np.minimum(minutes, MOST_MINUTES)
        below = np.where(minutes < MOST_MINUTES, minutes, 0.0)
        left = TEAM_MINUTES - minutes.sum(axis=1, keepdims=True)
        minutes = minutes + left * below / below.sum(axis=1, keepdims=True)
    minutes = np.minimum(minutes, MOST_MINUTES)
    tenths = 10 * TEAM_MINUTES * minutes / minutes.sum(axis=1, keepdims=True)
    return round_to_total(tenths, np.full(len(weights), 10 * TEAM_MINUTES)) / 10


def _shoot(
    rng: np.random.Generator, people: Ints, skills: Skills, night: _Night, appetite: Floats, edge: Floats
) -> tuple[Ints, Ints]:
    """Attempts and makes by zone (T x 15 x 3). A team's shots are shared out: a hot hand costs its team-mates."""
    shared_pace = np.repeat(rng.normal(0, PACE_SIGMA, len(people) // 2), 2)
    team_shots = np.rint(night.shots + shared_pace + rng.normal(0, SHOTS_SIGMA, len(people))).astype(np.int64)
    fga = rng.multinomial(team_shots, appetite / appetite.sum(axis=1, keepdims=True))
    zone_fga = rng.multinomial(fga, skills.zone_share[people])
    make = skills.zone_make[people] * (night.make_factor + edge[:, None])[:, None, :]
    return zone_fga, rng.binomial(zone_fga, make)


def _break_ties(rng: np.random.Generator, minutes: Floats, zone_fgm: Ints, ftm: Ints, fta: Ints) -> None:
    """No game ends level: a last free throw by one side's busiest player decides it (changes ftm and fta in place)."""
    points = (zone_fgm * POINTS_OF_ZONE).sum(axis=(1, 2)) + ftm.sum(axis=1)
    tied = np.flatnonzero(points[::2] == points[1::2])
    winner = 2 * tied + rng.integers(0, 2, len(tied))
    shooter = minutes[winner].argmax(axis=1)
    ftm[winner, shooter] += 1
    fta[winner, shooter] += 1


def _box(zone_fga: Ints, zone_fgm: Ints, fta: Ints, ftm: Ints) -> dict[str, Ints]:
    fgm = zone_fgm.sum(axis=2)
    fg3m = zone_fgm[:, :, 2]
    return {
        "fgm": fgm,
        "fga": zone_fga.sum(axis=2),
        "fg3m": fg3m,
        "fg3a": zone_fga[:, :, 2],
        "ftm": ftm,
        "fta": fta,
        "pts": 2 * (fgm - fg3m) + 3 * fg3m + ftm,
        "fgm_paint": zone_fgm[:, :, 0],
        "fga_paint": zone_fga[:, :, 0],
        "fgm_mid": zone_fgm[:, :, 1],
        "fga_mid": zone_fga[:, :, 1],
    }


def _other_counts(rng: np.random.Generator, people: Ints, skills: Skills, minutes: Floats) -> dict[str, Ints]:
    drawn = rng.poisson(minutes[:, :, None] * skills.other[people])
    counts = dict(zip(("oreb", "dreb", "ast", "stl", "blk", "tov", "pf"), np.moveaxis(drawn, 2, 0), strict=True))
    return counts | {"pf": np.minimum(counts["pf"], 6), "reb": counts["oreb"] + counts["dreb"]}


def _plus_minus(rng: np.random.Generator, minutes: Floats, margin: Ints) -> Ints:
    """A player's share of the margin with noise; a team's add up to five times its margin, as they must."""
    noise = rng.normal(0, 7, minutes.shape) * np.sqrt(minutes / 48)
    share = minutes / minutes.sum(axis=1, keepdims=True)
    values = 5 * margin[:, None] * share + noise - share * noise.sum(axis=1, keepdims=True)
    return round_to_total(values, 5 * margin)
