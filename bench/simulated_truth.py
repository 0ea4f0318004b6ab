"""How close every system comes to the truth, which only a simulated league can tell.

    python bench/simulated_truth.py [--days N] [--teams N] [--seed N] [--home DIR]

Plays a league in a temporary home, predicts and grades its last N dates month by month, as they would have come, and holds every
number against the points that were truly to be expected of a player, given who plays that night (`League.truth`). What is left
between that expectation and the night's result nobody can predict: it is the last row's error. The row before it is the same
expectation as of the morning, before late scratches: what a system that knew everything but tonight's absences would say.
Errors against results are those of means, as numbers here are; a median would be a few hundredths better, the truth included.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive  # noqa: E402
from nba_props.domain.calendar import month_start  # noqa: E402
from nba_props.domain.systems import SYSTEM_IDS  # noqa: E402
from nba_props.instance import open_instance  # noqa: E402
from nba_props.io.landing import land  # noqa: E402
from nba_props.io.sources.archive import discover  # noqa: E402
from nba_props.plan import Progress, Request, Runner, import_seasons, run_dates  # noqa: E402
from nba_props.platform import Platform  # noqa: E402
from nba_props.prepare import prepare  # noqa: E402
from nba_props.settings import load_settings  # noqa: E402
from nba_props.simulate.league import League, LeagueConfig, simulate_league, write_archive  # noqa: E402

DAYS_BEFORE = 45
"""Days of the league before the first date predicted: the month's models have something to learn from."""

PREDICTED = """
select
    p.game_date, p.game_id, p.universal_player_id, p.system_id, p.predicted_points, p.anchored_points, p.projected_minutes,
    p.main_points_line, c.points_avg_season, c.points_avg_last_10
from nba_predictions.player_prop_predictions as p
inner join nba_precompute.player_daily_cache as c
    on c.game_date = p.game_date and c.game_id = p.game_id and c.universal_player_id = p.universal_player_id
where p.game_date between @start_date and @end_date and p.is_active and p.is_main_line
"""

KEY = ["game_date", "game_id", "universal_player_id"]
BASELINES = {
    "season mean": "points_avg_season",
    "last 10 mean": "points_avg_last_10",
    "the line (a median)": "main_points_line",
}
MORNING, TRUTH = "the truth of the morning", "the truth itself"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="nba_props_truth_") as scratch:
        league = simulate_league(LeagueConfig(seed=options.seed, days=DAYS_BEFORE + options.days, teams=options.teams))
        days = [day for day in league.game_dates if day > league.config.last - timedelta(days=options.days)]
        platform = predicted_home(options.home or Path(scratch) / "home", league, days)
        rows = platform.warehouse.query(PREDICTED, {"start_date": days[0], "end_date": days[-1]}).to_pandas()
        table = beside_the_truth(rows, league)
    print(f"\n{days[0]} to {days[-1]}, {len(days)} dates, seed {options.seed}, {options.teams} teams")
    print(_text("player-games that were played, with a line", table[table["main_points_line"].notna()]))
    print(_text("all player-games that were played", table.drop(columns=_of_lines(table))))
    print(_minutes_text(rows, league))


def predicted_home(home: Path, league: League, days: list[date]) -> Platform:
    """The league imported and its dates predicted and graded, each month after the one before."""
    morning_after = datetime.combine(league.config.last + timedelta(days=1), datetime.min.time(), UTC)
    platform = Platform(load_settings(home=home, now=morning_after + timedelta(hours=16)))
    prepare(platform)
    with tempfile.TemporaryDirectory() as archive, open_instance(platform) as instance:
        runner = Runner(platform, instance, _progress(time.perf_counter()))
        write_archive(league, Path(archive))
        landed = land(platform.store, discover(Path(archive)), platform.now)
        seasons = seasons_in(whole_archive(platform.store, landed.archive_id))
        import_seasons(runner, seasons, {ARCHIVE_TAG: landed.archive_id})
        for _, month in groupby(days, key=month_start):
            run_dates(runner, month, Request())
    if not runner.outcome.is_success:
        print("\n".join(["failed:", *runner.outcome.failures]))
    return platform


def beside_the_truth(rows: pd.DataFrame, league: League) -> pd.DataFrame:
    """One row a player-game that was played and that every system answered: a column a contender, `truth` and `actual`."""
    by_game = rows.set_index([*KEY, "system_id"])
    wide = by_game["predicted_points"].unstack()
    wide = wide[[system for system in SYSTEM_IDS if system in wide]]
    anchored = (
        by_game["anchored_points"].astype(float).unstack().reindex(columns=wide.columns).dropna(axis=1, how="all")
    )
    facts = rows.drop_duplicates(KEY).set_index(KEY)[list(BASELINES.values())].astype(float)
    return wide.dropna().join(anchored.add_suffix(", anchored")).join(facts).join(_played(league), how="inner")


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """A row a contender: distance to the true expectation (points), and mean absolute error against the results."""
    named = {name: table[column] for name, column in BASELINES.items() if column in table}
    systems = {name: table[name] for name in table if str(name).split(", ")[0] in SYSTEM_IDS}
    contenders: Mapping[str, pd.Series] = {**systems, **named, MORNING: table["morning"], TRUTH: table["truth"]}
    return pd.DataFrame({name: _score(number, table) for name, number in contenders.items()}).T


def _score(number: pd.Series, table: pd.DataFrame) -> dict[str, float]:
    known = number.notna()
    gap, missed = (number - table["truth"])[known], (number - table["actual"])[known]
    return {
        "rows": float(known.sum()),
        "rmse_to_truth": float(np.sqrt((gap**2).mean())),
        "mae_to_truth": float(gap.abs().mean()),
        "bias": float(gap.mean()),
        "correlation": float(number[known].corr(table["truth"][known])),
        "mae_to_result": float(missed.abs().mean()),
    }


def _played(league: League) -> pd.DataFrame:
    """Truth and result of everyone who played."""
    box = league.player_box.merge(league.truth, on=["game_id", "player_id"])
    return pd.DataFrame(
        {
            "game_date": box["game_date"].dt.date,
            "game_id": box["game_id"],
            "universal_player_id": "nba_" + box["player_id"].astype(str),
            "truth": box["expected_points"],
            "morning": box["morning_points"],
            "actual": box["pts"].astype(float),
            "expected_minutes": box["expected_minutes"],
        }
    ).set_index(KEY)


def _of_lines(table: pd.DataFrame) -> list[str]:
    return [name for name in table if name == "main_points_line" or str(name).endswith(", anchored")]


def _text(title: str, table: pd.DataFrame) -> str:
    lines = [
        f"\n{title}",
        f"{'':34}{'n':>7}{'RMSE to truth':>15}{'MAE to truth':>14}{'bias':>8}{'corr.':>8}{'MAE to result':>15}",
    ]
    found = scores(table)
    for name, score in found.iterrows():
        lines.append(
            f"{name:34}{score['rows']:7.0f}{score['rmse_to_truth']:15.3f}{score['mae_to_truth']:14.3f}"
            f"{score['bias']:+8.2f}{score['correlation']:8.3f}{score['mae_to_result']:15.3f}"
        )
    for which in ("", ", anchored"):
        own = [f"{system}{which}" for system in SYSTEM_IDS if f"{system}{which}" in found.index]
        if own:
            best = found.loc[own, "rmse_to_truth"].idxmin()
            avoidable = found["mae_to_result"][best] - found["mae_to_result"][TRUTH]
            lines.append(f"nearest: {best}; {avoidable:.3f} points of its error against results could be avoided")
    return "\n".join(lines)


def _minutes_text(rows: pd.DataFrame, league: League) -> str:
    """How far projected minutes are from those truly to be expected, for systems that project them."""
    projected = rows.dropna(subset=["projected_minutes"]).join(_played(league), on=KEY, how="inner")
    lines = ["\nprojected minutes, MAE to the true expectation"]
    for system, own in projected.groupby("system_id"):
        error = (own["projected_minutes"] - own["expected_minutes"]).abs().mean()
        lines.append(f"{system:34}{len(own):7d}{error:15.2f}")
    return "\n".join(lines if len(projected) else [*lines, "no system projects any"])


def _progress(began: float) -> Progress:
    return lambda title: print(f"{time.perf_counter() - began:7.0f} s  {title}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=42, help="days to predict, the league's last (default 42)")
    parser.add_argument("--teams", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", type=Path, help="keep this home (a new one; default: a temporary one)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
