"""Every anchor that accuracy is judged against, recomputed from an archive on one stated population.

    .venv/bin/python bench/anchors.py ../shared/data/history

Reads the archive's files alone: none of the project's features, so that it is a second opinion on them. Forms are of a player's
earlier games with minutes, across seasons; a row needs five of them. Populations:

    played      every player-game with minutes
    >= 15       of those, a season average of at least 15 minutes before the game
    lined       of those with minutes, a main pre-tip line: the median over books of each book's last main line before tip
                (quotes of unknown tip time are left out)
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nba_props.domain.distributions import fit_spread
from nba_props.domain.intervals import clustered_interval
from nba_props.domain.names import player_lookup
from nba_props.domain.odds import DevigMethod, devig
from nba_props.domain.scoring import brier, crps

FEWEST_GAMES = 5
SEASONS = ("2021-22", "2022-23", "2023-24", "2024-25")
RIDGE_DAYS = 500


def player_games(archive: Path) -> pd.DataFrame:
    """One row a player-game with minutes, with the forms of the games before it."""
    box = pd.read_parquet(archive / "player_box.parquet")
    box = box[box["minutes"] > 0].sort_values(["player_id", "game_date", "game_id"]).reset_index(drop=True)
    box["game_date"] = pd.to_datetime(box["game_date"])
    box["plays"] = box["fga"] + 0.44 * box["fta"] + box["tov"]
    by_player, by_season = box.groupby("player_id"), box.groupby(["player_id", "season"])
    box["earlier_games"] = by_player.cumcount()
    for name in ("pts", "minutes", "fga", "fta", "fg3a", "plays"):
        for half_life in (3, 8, 10, 20, 40):
            box[f"{name}_ewm_{half_life}"] = by_player[name].transform(
                lambda values, life=half_life: values.shift().ewm(halflife=life).mean()
            )
    for games in (5, 10):
        box[f"pts_last_{games}"] = by_player["pts"].transform(
            lambda values, count=games: values.shift().rolling(count, min_periods=1).mean()
        )
    for name in ("pts", "minutes"):
        box[f"{name}_season"] = by_season[name].transform(lambda values: values.shift().expanding().mean())
    teams = box.groupby(["opp_abbr", "game_date", "game_id"], as_index=False)["pts"].sum()
    teams["allowed"] = teams.groupby("opp_abbr")["pts"].transform(lambda values: values.shift().ewm(halflife=12).mean())
    return box.merge(teams[["opp_abbr", "game_id", "allowed"]], on=["opp_abbr", "game_id"], how="left")


def with_lines(games: pd.DataFrame, archive: Path) -> pd.DataFrame:
    """The same rows with line and de-vigged P(over) where books quoted the player before tip."""
    quotes = pd.read_parquet(archive / "points_lines.parquet")
    quotes = quotes[quotes["is_main"] & quotes["pre_tip"].eq(True)].copy()
    quotes["key"] = quotes["player_name"].map(player_lookup)
    quotes["game_date"] = pd.to_datetime(quotes["game_date"])
    last = quotes.sort_values("snapshot_utc").groupby(["key", "game_date", "bookmaker"]).tail(1)
    last["over_prob"] = devig(last["over_price"], last["under_price"], DevigMethod.MULTIPLICATIVE)
    lines = last.groupby(["key", "game_date"]).agg(line=("line", "median"), two_sided=("two_sided", "max"))
    priced = last[last["two_sided"]].merge(lines["line"].rename("median").reset_index(), on=["key", "game_date"])
    at_line = priced[priced["line"] == priced["median"]].groupby(["key", "game_date"])["over_prob"].mean()
    games = games.assign(key=games["player_name"].map(player_lookup))
    return games.merge(lines.join(at_line).reset_index(), on=["key", "game_date"], how="left")


def ridge(games: pd.DataFrame) -> pd.Series:
    """Walk-forward ridge on box-score forms: each month by the rows of the 500 days before it."""
    names = [name for name in games.columns if "_ewm_" in name] + ["pts_season", "minutes_season", "allowed", "is_home"]
    inputs = games[names].astype(float)
    predicted = pd.Series(np.nan, index=games.index)
    known = games["earlier_games"] >= FEWEST_GAMES
    wanted = games["season"].isin(SEASONS) & known
    for month in sorted(set(games.loc[wanted, "game_date"].dt.to_period("M"))):
        start = month.start_time
        earlier = known & (games["game_date"] < start) & (games["game_date"] >= start - pd.Timedelta(days=RIDGE_DAYS))
        now = wanted & (games["game_date"].dt.to_period("M") == month)
        middle = inputs[earlier].median()
        model = make_pipeline(StandardScaler(), Ridge(alpha=10.0))
        model.fit(inputs[earlier].fillna(middle), games.loc[earlier, "pts"])
        predicted[now] = model.predict(inputs[now].fillna(middle))
    return predicted


def report(games: pd.DataFrame) -> None:
    """Tables of errors by season and population, then the anchors of distributions and of the market."""
    games = games[(games["earlier_games"] >= FEWEST_GAMES) & games["season"].isin(SEASONS)].copy()
    rate = games["pts_ewm_40"] / games["minutes_ewm_40"]
    numbers = {
        "line": games["line"],
        "last 5": games["pts_last_5"],
        "last 10": games["pts_last_10"],
        "season": games["pts_season"],
        "exponential, half-life 8": games["pts_ewm_8"],
        "exponential, half-life 10": games["pts_ewm_10"],
        "ridge, walk-forward": games["ridge"],
        "told tonight's minutes": rate * games["minutes"],
    }
    populations = {
        "played": games["minutes"] > 0,
        "played >= 20": games["minutes"] >= 20,
        ">= 15 before": games["minutes_season"] >= 15,
        "lined": games["line"].notna(),
    }
    for name, rows in populations.items():
        for season in SEASONS:
            mine = games[rows & games["season"].eq(season)]
            errors = {one: (values[mine.index] - mine["pts"]).abs() for one, values in numbers.items()}
            same = pd.concat([one for label, one in errors.items() if label != "line" or name == "lined"], axis=1)
            same = same.notna().all(axis=1)
            if same.any():
                print(f"\n{name}, {season}: n = {int(same.sum()):,}")
                for label, error in errors.items():
                    if error[same].notna().all():
                        print(f"  {label:28s} MAE {error[same].mean():.3f}")
        print()
    _minutes(games)
    _market(games)
    _distributions(games)


def _minutes(games: pd.DataFrame) -> None:
    error = (games["minutes_ewm_3"] - games["minutes"]).abs()
    for season in SEASONS:
        print(
            f"minutes, exponential with half-life 3, played, {season}: MAE {error[games['season'] == season].mean():.3f}"
        )


def _market(games: pd.DataFrame) -> None:
    priced = games[games["over_prob"].notna() & (games["line"] % 1 != 0) & games["two_sided"].eq(True)]
    went_over = (priced["pts"] > priced["line"]).astype(float)
    squared = (priced["over_prob"] - went_over) ** 2
    low, high = clustered_interval(squared, priced["game_date"].astype(str)) or (np.nan, np.nan)
    print(
        f"\nmarket Brier, half lines at two-sided prices: {brier(priced['over_prob'], went_over):.4f}"
        f" [{low:.4f}, {high:.4f}], n = {len(priced):,}, share over {went_over.mean():.3f}"
    )


def _distributions(games: pd.DataFrame) -> None:
    """Spread fitted on the seasons before the last, judged on the last: CRPS and 80 % coverage, beside Poisson's."""
    known = games["ridge"].notna()
    earlier, last = games[known & games["season"].ne(SEASONS[-1])], games[known & games["season"].eq(SEASONS[-1])]
    spread = fit_spread(earlier["ridge"], earlier["pts"], "anchor")
    for name, mine in (("played", last), ("played >= 20", last[last["minutes"] >= 20])):
        mean = np.maximum(mine["ridge"], 0.1)
        points = mine["pts"].to_numpy(dtype=float)
        score = crps(spread.around(mine["ridge"]), points).mean()
        low, high = stats.poisson.ppf(0.1, mean), stats.poisson.ppf(0.9, mean)
        inside = np.mean((points >= low) & (points <= high))
        print(f"{name}, {SEASONS[-1]}: CRPS of ridge {score:.3f}; a Poisson's 80 % interval holds {inside:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    archive = parser.parse_args().archive
    games = player_games(archive)
    games = with_lines(games, archive)
    report(games.assign(ridge=ridge(games)))


if __name__ == "__main__":
    main()
