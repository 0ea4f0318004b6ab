"""Faults of the network and of both services, a seeded sample (`make torture` has them all): nothing is lost or doubled.

The rate of faults here is absurd on purpose: every request of the command is refused, lost or garbled once.
"""

from collections.abc import Iterator

import pytest

from nba_props.io import google_retry
from nba_props.io.objectstore.gcs import GcsObjectStore
from nba_props_tests.cloud.emulators import Emulator, storage_client
from nba_props_tests.cloud.faults import plans
from nba_props_tests.cloud.faults.command import PASSING, Outcome, Scene, impatient, scene
from nba_props_tests.cloud.faults.proxy import Asked, Fault

pytestmark = pytest.mark.xdist_group("faults")

SEED = 1


@pytest.fixture(scope="module")
def played(bigquery: Emulator, cloud_storage: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(google_retry, "FIRST_PAUSE_SECONDS", 0.02)
        with scene(bigquery, cloud_storage, tmp_path_factory.mktemp("faults") / "home", "faults", 60.0) as opened:
            yield opened


@pytest.fixture(scope="module")
def undisturbed(played: Scene) -> Outcome:
    outcome = played.play()
    assert outcome.error is None
    assert len(outcome.predictions) > len(outcome.met) == 0
    return outcome


def test_each_request_meets_a_fault_once_and_all_is_absorbed(played: Scene, undisturbed: Outcome) -> None:
    found = played.play(plans.each_once(PASSING, SEED), plans.each_once(PASSING, SEED))
    assert {fault for _, fault in found.met} == set(PASSING)
    assert len(found.met) > undisturbed.requests * 0.9
    assert found.error is None
    assert found.predictions == undisturbed.predictions
    assert found.staging_left == []


@pytest.mark.parametrize("kind", ["jobs.insert load", "jobs.insert merge"])
def test_an_outage_ends_in_an_error_and_the_same_command_again_succeeds(
    played: Scene, undisturbed: Outcome, kind: str
) -> None:
    """The job was done, its answer lost, and nobody could be asked about it for as long as patience lasted."""
    hasty = impatient(played, 0.3)
    found = hasty.play(plans.lost_then_out(undisturbed.kinds.index(kind)))
    played.next_day = hasty.next_day
    assert found.error is not None
    assert found.met
    assert found.predictions == undisturbed.predictions
    assert found.staging_left == []


@pytest.mark.parametrize("fault", PASSING)
def test_an_object_is_written_once_whatever_happens(played: Scene, cloud_storage: Emulator, fault: Fault) -> None:
    """Each request meets the fault once. A generation that a lost answer had made is the one that stays."""
    store = played.platform.store
    direct = GcsObjectStore(storage_client(cloud_storage.endpoint), "faults", played.platform.settings.dataset_prefix)
    path = f"v1/{fault.name.lower()}.json"
    found: list[int | None] = []
    faults = plans.each_once([fault])

    def plan(asked: Asked) -> Fault | None:
        if asked.kind == "objects.insert":
            found.append(direct.generation(path))
        return faults(asked)

    played.store.use(plan)
    store.put(path, b"old")
    first, found[:] = list(found), []
    generation = store.put(path, b"new")
    assert store.get(path) == b"new"
    assert store.previous(path) == b"old"
    assert path in [info.path for info in store.list("v1/")]
    assert direct.generation(path) == generation
    assert len(first) == 2
    if fault in (Fault.LOST_ANSWER, Fault.TRUNCATED):  # it was written before it was asked for again
        assert found[1] == generation
    store.delete(path)
    assert not store.exists(path)
    played.store.use(plans.none)
