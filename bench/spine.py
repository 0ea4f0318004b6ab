"""What a slate, a month and a season cost: seconds and peak memory, each beside a no-op graph of the same shape.

    python bench/spine.py [--archive DIR] [--repeat N] [--season 2023-24]

Prints figures and ratios; never a timed test. Each measurement runs in a process of its own, on a copy of a home as it is in
operation: everything before the season is built; before a month or a slate is measured, so is everything before those.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

warnings.filterwarnings("ignore")

import dagster as dg  # noqa: E402

from nba_props.assets.raw.archive import ARCHIVE_TAG, seasons_in, whole_archive  # noqa: E402
from nba_props.definitions import build_defs  # noqa: E402
from nba_props.domain.calendar import season_bounds  # noqa: E402
from nba_props.instance import open_instance  # noqa: E402
from nba_props.io.landing import land  # noqa: E402
from nba_props.io.sources.archive import discover  # noqa: E402
from nba_props.jobs import build_jobs  # noqa: E402
from nba_props.plan import Request, Runner, build_history, import_seasons, run_dates, slate_dates  # noqa: E402
from nba_props.platform import Platform  # noqa: E402
from nba_props.prepare import prepare  # noqa: E402
from nba_props.settings import load_settings  # noqa: E402

ARCHIVE = Path(__file__).resolve().parents[2] / "shared" / "data" / "history"


def main() -> None:
    options = _options()
    if options.measure:
        print(json.dumps(measure(options)))
        return
    if not options.archive.exists():
        sys.exit(f"{options.archive} is not there; give --archive DIR (the format of import-history).")
    with tempfile.TemporaryDirectory(prefix="nba_props_bench_") as place:
        home = Path(place) / "home"
        prepared = _child(options, "prepare", home)
        print(
            f"import and history before {options.season}: {prepared['seconds']:.1f} s, peak {prepared['gigabytes']:.2f} GB"
        )
        print(f"\n{'':10}{'dates':>6}{'seconds':>10}{'no-op':>9}{'ratio':>7}{'per date':>10}{'peak GB':>9}")
        for what, repeat in (("slate", options.repeat), ("month", min(options.repeat, 3)), ("season", 1)):
            print(_row(what, [_child(options, what, home) for _ in range(repeat)]), flush=True)


def measure(options: argparse.Namespace) -> dict[str, float]:
    """One measurement in this process, on a copy of the prepared home."""
    if options.measure == "prepare":
        return _timed(lambda: _prepare(options), 0)
    with tempfile.TemporaryDirectory(prefix="nba_props_bench_") as place:
        home = Path(place) / "home"
        shutil.copytree(options.home, home)
        platform = Platform(load_settings(home=home))
        days = _days(platform, options.measure, options.season)
        with open_instance(platform) as instance:
            runner = Runner(platform, instance)
            if options.measure == "slate":
                run_dates(runner, _yesterday(platform, days[0]), Request())
            else:
                build_history(runner, days[0], Request())
            figures = _timed(lambda: run_dates(runner, days, Request()), len(days))
            if not runner.outcome.is_success:
                sys.exit("\n".join(runner.outcome.failures))
        with open_instance(Platform(load_settings(home=Path(place) / "empty"))) as instance:
            empty = Runner(platform, instance, definitions=_no_ops())
            figures["no_op_seconds"] = _timed(lambda: run_dates(empty, days, Request()), len(days))["seconds"]
    return figures


def _prepare(options: argparse.Namespace) -> None:
    platform = Platform(load_settings(home=options.home))
    prepare(platform)
    landed = land(platform.store, discover(options.archive), platform.now)
    with open_instance(platform) as instance:
        runner = Runner(platform, instance)
        seasons = seasons_in(whole_archive(platform.store, landed.archive_id))
        import_seasons(runner, seasons, {ARCHIVE_TAG: landed.archive_id})
        build_history(runner, _days(platform, "season", options.season)[0], Request())


def _days(platform: Platform, what: str, season: str) -> list[date]:
    days = slate_dates(platform, *season_bounds(season))
    if what == "season":
        return days
    march = [day for day in days if day.month == 3]
    return march if what == "month" else [march[len(march) // 2]]


def _yesterday(platform: Platform, day: date) -> list[date]:
    """The last slate before: whoever runs a day has run the one before it."""
    return slate_dates(platform, day - timedelta(days=7), day - timedelta(days=1))[-1:]


def _no_ops() -> dg.Definitions:
    """The same keys, partitions, dependencies and checks, doing nothing: what Dagster itself costs."""
    real = build_defs().resolve_asset_graph()
    assets = [_no_op(real, key) for key in real.materializable_asset_keys]
    checks = [_no_check(key) for key in real.asset_check_keys]
    return dg.Definitions(assets=assets, asset_checks=checks, jobs=build_jobs(), executor=dg.in_process_executor)


def _no_op(graph: object, key: dg.AssetKey) -> dg.AssetsDefinition:
    node = graph.get(key)  # type: ignore[attr-defined]

    @dg.asset(
        key=key,
        group_name=node.group_name,
        deps=[dg.AssetDep(one, partition_mapping=node.partition_mappings.get(one)) for one in node.parent_keys],
        partitions_def=node.partitions_def,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def nothing() -> dg.MaterializeResult:
        return dg.MaterializeResult()

    return nothing


def _no_check(key: dg.AssetCheckKey) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=key.asset_key, name=key.name)
    def nothing() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    return nothing


def _timed(work: object, dates: int) -> dict[str, float]:
    start = time.perf_counter()
    work()  # type: ignore[operator]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": time.perf_counter() - start, "gigabytes": peak, "dates": dates}


def _row(what: str, figures: Sequence[dict[str, float]]) -> str:
    seconds = statistics.median(one["seconds"] for one in figures)
    empty = statistics.median(one["no_op_seconds"] for one in figures)
    peak = max(one["gigabytes"] for one in figures)
    dates = figures[0]["dates"]
    return f"{what:10}{dates:6.0f}{seconds:10.1f}{empty:9.1f}{seconds / empty:7.1f}{seconds / dates:10.2f}{peak:9.2f}"


def _child(options: argparse.Namespace, what: str, home: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", what, "--home", str(home), "--season", options.season]
    command += ["--archive", str(options.archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{what} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, default=ARCHIVE)
    parser.add_argument("--season", default="2023-24")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--measure", choices=("prepare", "slate", "month", "season"), help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
