"""Random slates of many seasons from an imported archive: one a season, one of the playoffs, one of an opening week.

Prints what each came to: games, expected and predicted players, coverage, unresolved names, reasons, seconds. The choice is
seeded. Run: `python bench/random_slates.py ARCHIVE [--home DIR] [--seed N]`; history that the home lacks is built first.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive
from nba_props.instance import open_instance
from nba_props.io.landing import land, landed_archives
from nba_props.io.sources.archive import discover
from nba_props.plan import Request, Runner, import_seasons, run_dates
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings

FIRST_SEASON = "2016-17"
OPENING_DAYS = 7

DATES = """
select season, season_type, game_date, count(*) as games
from nba_raw.schedule
where season >= @season and game_date >= @start_date
group by season, season_type, game_date
order by game_date
"""

COVERAGE = """
select c.games, c.expected, c.predicted, c.coverage_pct, c.unresolved_names
from nba_monitoring.prediction_coverage as c
where c.game_date = @start_date and c.system_id = 'all'
"""

REASONS = """
select reason, is_expected, count(*) as players
from nba_monitoring.missing_predictions
where game_date = @start_date
group by reason, is_expected
order by is_expected desc, reason
"""


def chosen_slates(platform: Platform, seed: int) -> list[tuple[date, str]]:
    """(date, kind) in order: a regular-season date after the opening week of each season, a playoff date, an opening one."""
    dice = np.random.default_rng(seed)
    rows = platform.warehouse.query(DATES, {"season": FIRST_SEASON, "start_date": date(2016, 9, 1)}).to_pandas()
    regular = rows[rows["season_type"] == "Regular Season"]
    opening = regular.groupby("season")["game_date"].transform("min")
    is_opening = (regular["game_date"] - opening).map(lambda gap: gap.days) < OPENING_DAYS
    pools = [(one, "regular season") for _, one in regular[~is_opening].groupby("season")]
    pools += [(rows[rows["season_type"] == "Playoffs"], "playoffs"), (regular[is_opening], "opening week")]
    return sorted((dice.choice(pool["game_date"].to_numpy()), kind) for pool, kind in pools if len(pool))


def run_slates(runner: Runner, slates: list[tuple[date, str]]) -> Iterator[dict[str, Any]]:
    """What each slate came to; its seconds include the history that the home still lacked."""
    for day, kind in slates:
        started = time.perf_counter()
        run_dates(runner, [day], Request())
        query = runner.platform.warehouse.query
        reasons = query(REASONS, {"start_date": day}).to_pylist()
        yield (
            query(COVERAGE, {"start_date": day}).to_pylist()[0]
            | {"date": day, "kind": kind, "seconds": time.perf_counter() - started}
            | {
                "reasons": ", ".join(
                    f"{'*' if one['is_expected'] else ''}{one['reason']} {one['players']}" for one in reasons
                )
            }
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--home", type=Path, help="keep this home (default: a temporary one)")
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        platform = Platform(load_settings(home=wanted.home or Path(scratch)))
        prepare(platform)
        with open_instance(platform) as instance:
            runner = Runner(platform, instance)
            if not landed_archives(platform.store):
                landed = land(platform.store, discover(wanted.archive), platform.now)
                seasons = seasons_in(whole_archive(platform.store, landed.archive_id))
                import_seasons(runner, seasons, {ARCHIVE_TAG: landed.archive_id})
            print(
                "date        kind            games expected predicted coverage unresolved seconds  reasons (* expected)"
            )
            for row in run_slates(runner, chosen_slates(platform, wanted.seed)):
                print(
                    f"{row['date']}  {row['kind']:<15} {row['games']:5d} {row['expected']:8d} {row['predicted']:9d}"
                    f" {row['coverage_pct']:7.1f}% {row['unresolved_names']:10d} {row['seconds']:7.1f}  {row['reasons']}",
                    flush=True,
                )
            print("\n".join(runner.outcome.failures) or "no step failed")


if __name__ == "__main__":
    main()
