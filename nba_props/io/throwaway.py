"""Throw-away places: datasets, a folder of the bucket and a directory of the home under one name, made to be removed.

The name says when it was made, so that one left by a killed process is known by its age alone. What belongs here:
naming, finding and removing such places. What does not: what is done in them.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from nba_props.errors import BadInput, StorageFault
from nba_props.io.disk import disk_faults
from nba_props.settings import Environment, Settings, Target

_NAME = re.compile(r"smoke_(\d{14})_[0-9a-f]{6}_")
_TIME = "%Y%m%d%H%M%S"
FOLDER = "smoke"


def new_name() -> str:
    """A dataset prefix that nobody has: `smoke_20241203221530_1f2e3d_`."""
    return f"smoke_{datetime.now(UTC).strftime(_TIME)}_{uuid4().hex[:6]}_"


def made_at(name: str) -> datetime:
    """When a place was made, UTC; BadInput for a name that is not a throw-away's."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise BadInput(f"{name!r} is no throw-away place.", next_step="Give one as nba-props smoke names it.")
    return datetime.strptime(found[1], _TIME).replace(tzinfo=UTC)


def settings_within(settings: Settings, name: str) -> Settings:
    """The same target, within the place: its prefix, its folder of the bucket, its directory of the home."""
    made_at(name)
    home = settings.home.expanduser().resolve() / FOLDER / name
    return settings.model_copy(update={"dataset_prefix": name, "environment": Environment.TEST, "home": home})


def places(settings: Settings) -> list[str]:
    """Names of the places there are on this target, oldest first."""
    found = {path.name for path in _folder(settings).glob("*")}
    if settings.target is Target.GCP:
        found |= set(_datasets(settings)) | set(_folders(settings))
    return sorted(name for name in found if _NAME.fullmatch(name))


def remove(settings: Settings, name: str) -> None:
    """Remove everything of a place, however far it was made; twice is no error."""
    made_at(name)  # nothing without such a name is ever deleted
    if settings.target is Target.GCP:
        _remove_datasets(settings, name)
        _remove_objects(settings, name)
    with disk_faults(f"Removing {name}"):
        if (_folder(settings) / name).exists():
            shutil.rmtree(_folder(settings) / name)
        if _folder(settings).exists() and not any(_folder(settings).iterdir()):
            _folder(settings).rmdir()


def _folder(settings: Settings) -> Path:
    return settings.home.expanduser().resolve() / FOLDER


def _datasets(settings: Settings) -> dict[str, list[str]]:
    """Name of a place -> its datasets."""
    from nba_props.io.gcp import bigquery_client

    found: dict[str, list[str]] = {}
    with _refusals_told("Listing datasets"):
        for dataset in bigquery_client(settings).list_datasets(settings.gcp_project):
            named = _NAME.match(dataset.dataset_id)
            if named:
                found.setdefault(named[0], []).append(dataset.dataset_id)
    return found


def _folders(settings: Settings) -> set[str]:
    """Names of places that have objects."""
    from nba_props.io.gcp import storage_client

    with _refusals_told("Listing the bucket"):
        blobs = storage_client(settings).list_blobs(
            settings.gcs_bucket, prefix="smoke_", fields="items(name),nextPageToken"
        )
        return {blob.name.partition("/")[0] for blob in blobs}


def _remove_datasets(settings: Settings, name: str) -> None:
    from nba_props.io.gcp import bigquery_client

    client = bigquery_client(settings)
    for dataset in _datasets(settings).get(name, ()):
        with _refusals_told(f"Removing {dataset}"):
            client.delete_dataset(f"{settings.gcp_project}.{dataset}", delete_contents=True, not_found_ok=True)


def _remove_objects(settings: Settings, name: str) -> None:
    from google.api_core.exceptions import NotFound

    from nba_props.io.gcp import storage_client

    with _refusals_told(f"Removing the objects of {name}"):
        for blob in storage_client(settings).list_blobs(settings.gcs_bucket, prefix=f"{name}/"):
            with suppress(NotFound):  # a second removal at the same time
                blob.delete()


@contextmanager
def _refusals_told(action: str) -> Iterator[None]:
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    try:
        yield
    except (GoogleAPIError, GoogleAuthError, RequestException) as error:
        raise StorageFault(
            f"{action} was refused: {str(error).splitlines()[0]}",
            next_step="nba-props doctor says which right or address is missing; then nba-props smoke again.",
        ) from error
