"""`make torture`: every fault at every request, an outage from every request on, and every fault all through a slate.

Prints what became of each (fault x request) and fails if a prediction was lost, doubled or changed, or staging was left.
It takes hours, so that nothing else runs it; `--part` and `--fault` choose some of it (and may run side by side), `--stride`
takes every n-th request of the outages.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nba_props.errors import NbaPropsError
from nba_props.io import google_retry
from nba_props.settings import Target
from nba_props.simulate.league import simulate_league, write_archive
from nba_props_tests.cloud.emulators import (
    LOCATION,
    PROJECT,
    Emulator,
    bigquery_emulator,
    storage_client,
    storage_emulator,
)
from nba_props_tests.cloud.faults import plans
from nba_props_tests.cloud.faults.command import PASSING, Outcome, Scene, impatient, scene
from nba_props_tests.cloud.faults.proxy import Fault, proxy_of
from nba_props_tests.cloud.test_whole_slate import LEAGUE, SLATE, Played, played

PARTS = ("command", "outages", "slates")
PAUSE_SECONDS = 0.02
HASTY_SECONDS = 0.3
ABSORBED, AGAIN = "absorbed by retries", "error, then the same command succeeded"
IN_VAIN = "asked again until patience ran out"

Cell = tuple[str, str, str]  # fault, request, outcome


class Table:
    """Outcomes counted by fault and kind of request; and what must not have happened."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()
        self.wrong: list[str] = []

    def add(self, outcome: Outcome, expected: Outcome, what: str) -> None:
        for asked, fault in outcome.met:
            is_end = outcome.ended_by is not None and outcome.ended_by[0] == asked
            became = AGAIN if is_end else IN_VAIN if outcome.error else ABSORBED
            self.cells[fault.value, asked.kind, became] += 1
        if outcome.predictions != expected.predictions:
            self.wrong.append(f"{what}: other predictions are in force than without faults")
        if outcome.staging_left:
            self.wrong.append(f"{what}: staging left: {', '.join(outcome.staging_left)}")
        say(f"{what}: {len(outcome.met)} faults at {outcome.requests} requests; {outcome.error or ABSORBED}")

    def show(self) -> None:
        by_fault: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
        for (fault, kind, outcome), count in sorted(self.cells.items()):
            by_fault[fault].append((kind, outcome, count))
        for fault, rows in by_fault.items():
            say(f"\n{fault}")
            for kind, outcome, count in rows:
                say(f"  {kind:28} {count:5}  {outcome}")
        for line in self.wrong:
            say(f"WRONG  {line}")


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--stride", type=int, default=1)
    options.add_argument("--part", choices=PARTS, action="append")
    options.add_argument("--fault", type=Fault, choices=list(Fault), action="append")
    given = options.parse_args()
    parts, faults = given.part or PARTS, given.fault or list(Fault)
    google_retry.FIRST_PAUSE_SECONDS = PAUSE_SECONDS
    table = Table()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with bigquery_emulator(place / "bq") as bigquery, storage_emulator(place / "gcs") as storage:
            with scene(bigquery, storage, place / "home", "torture", patience=120.0) as opened:
                expected = opened.play()
                say(f"the command makes {expected.requests} requests; {len(expected.predictions)} rows are in force")
                if "command" in parts:
                    torture_each(opened, expected, table, faults)
                if "outages" in parts:
                    torture_by_outages(opened, expected, table, given.stride)
            if "slates" in parts:
                torture_slates(place, bigquery, storage, table, [fault for fault in faults if fault in PASSING])
    table.show()
    return 1 if table.wrong else 0


def torture_each(opened: Scene, expected: Outcome, table: Table, faults: Sequence[Fault]) -> None:
    """Each fault at every request of the command, once; what is asked again gets through."""
    for fault in faults:
        found = opened.play(plans.each_once([fault]), plans.each_once([fault]))
        table.add(found, expected, f"each request: {fault}")


def torture_by_outages(opened: Scene, expected: Outcome, table: Table, stride: int) -> None:
    """An outage of BigQuery from the n-th request on: the answer of that one is lost, and nothing gets through again."""
    requests = len(expected.kinds)
    hasty = impatient(opened, HASTY_SECONDS)
    say(f"outages from every {stride}. of {requests} requests on")
    for number in range(0, requests, stride):
        table.add(hasty.play(plans.lost_then_out(number)), expected, f"outage from request {number} on")


def torture_slates(place: Path, bigquery: Emulator, storage: Emulator, table: Table, faults: Sequence[Fault]) -> None:
    """Each fault at every request of a whole slate, from its tables to its exports."""
    archive = place / "archive"
    write_archive(simulate_league(LEAGUE).until(SLATE), archive)
    expected = played_through_faults(archive, place, bigquery, storage, None)[0]
    for fault in faults:
        began = time.monotonic()
        found, met, again = played_through_faults(archive, place, bigquery, storage, fault)
        for kind, count in met.items():
            table.cells[fault.value, kind, AGAIN if again else ABSORBED] += count
        if found.predictions != expected.predictions or found.exports.keys() != expected.exports.keys():
            table.wrong.append(f"slate: {fault}: it is not the slate without faults")
        seconds = time.monotonic() - began
        say(f"slate: {fault}: {met.total()} faults, {again or ABSORBED}, {seconds:.0f} s")


def played_through_faults(
    archive: Path, place: Path, bigquery: Emulator, storage: Emulator, fault: Fault | None
) -> tuple[Played, Counter[str], str]:
    """The slate; the faults it met by kind of request; and the error after which it was played again, if one ended it."""
    name = f"slate{list(Fault).index(fault) if fault else ''}"
    storage_client(storage.endpoint).create_bucket(name)
    plan = plans.each_once([fault]) if fault else plans.none
    with proxy_of(bigquery.endpoint) as warehouse, proxy_of(storage.endpoint) as store:
        warehouse.use(plan)
        store.use(plans.each_once([fault]) if fault else plans.none)
        settings: dict[str, Any] = {
            "home": place / name,
            "dataset_prefix": f"test_{name}_",
            "target": Target.GCP,
            "gcp_project": PROJECT,
            "gcp_location": LOCATION,
            "gcs_bucket": name,
            "bigquery_endpoint": warehouse.endpoint,
            "storage_endpoint": store.endpoint,
        }
        again = ""
        try:
            slate = played(archive, **settings)
        except (NbaPropsError, AssertionError) as error:  # a step that failed, or a command that could not begin
            again = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        met = Counter(asked.kind for asked, _ in warehouse.met + store.met)
        if again:
            warehouse.use(plans.none)
            store.use(plans.none)
            slate = played(archive, **settings)
        return slate, met, again


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
