"""The object store as a Google Cloud Storage bucket, over the official client, which is imported when one is opened.

Every write carries `ifGenerationMatch`, also where the caller set no condition: it replaces the generation it looked at
and nothing else, so that the bytes kept as previous are those replaced, and a retried request cannot write twice.
The previous version is a server-side copy at `.store/previous/<path>`, so that it needs no versioning on the bucket.
Objects are stored with `Cache-Control: no-store`: a public object is otherwise served an hour old.
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from nba_props.errors import StorageFault
from nba_props.io.google_retry import PATIENCE_SECONDS, REQUEST_SECONDS, give_up_requests_after, patience
from nba_props.io.objectstore.store import (
    MUST_NOT_EXIST,
    PREVIOUS_FOLDER,
    STORE_FOLDER,
    ObjectInfo,
    ObjectMissing,
    PreconditionFailed,
    checked_path,
    checked_prefix,
)

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Client

CACHE_CONTROL = "no-store"

# How often a put without a condition looks again after another writer was first.
UNCONDITIONAL_ATTEMPTS = 5


class GcsObjectStore:
    """An ObjectStore in a bucket, or under a prefix of one. Needs storage.objects get, list, create and delete.

    A request that meets a rate limit or an outage, or is not answered for `request_seconds`, is made again for
    `patience_seconds`.
    """

    def __init__(
        self,
        client: "Client",
        bucket: str,
        prefix: str = "",
        patience_seconds: float = PATIENCE_SECONDS,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        from google.api_core import exceptions as api_errors
        from google.auth.exceptions import GoogleAuthError
        from google.resumable_media import DataCorruption
        from requests.exceptions import RequestException

        give_up_requests_after(client, request_seconds)
        self._client = client
        self._bucket = client.bucket(bucket)
        self._prefix = f"{checked_path(prefix.strip('/'))}/" if prefix else ""
        self._retry = patience(patience_seconds)
        self._not_found = api_errors.NotFound
        self._precondition_failed = api_errors.PreconditionFailed
        self._denied = (api_errors.Forbidden, api_errors.Unauthorized, GoogleAuthError)
        self._corrupt = DataCorruption
        self._refusals = (api_errors.GoogleAPIError, GoogleAuthError, RequestException, DataCorruption)

    def __repr__(self) -> str:
        return f"GcsObjectStore('gs://{self._bucket.name}/{self._prefix}')"

    def put(
        self,
        path: str,
        data: bytes,
        *,
        if_generation_match: int | None = None,
        content_type: str = "application/octet-stream",
    ) -> int:
        found = MUST_NOT_EXIST
        for _ in range(UNCONDITIONAL_ATTEMPTS if if_generation_match is None else 1):
            current = self._blob(path)
            found = current.generation if current else MUST_NOT_EXIST
            if if_generation_match not in (None, found):
                raise PreconditionFailed(path, if_generation_match, found)
            if current and current.md5_hash == _md5(data):
                return found
            with self._faults_told(path), suppress(self._precondition_failed):
                if current:
                    self._keep_as_previous(path, current)
                return self._upload(path, data, content_type, found)
        raise PreconditionFailed(path, found, self.generation(path) or MUST_NOT_EXIST)

    def get(self, path: str) -> bytes:
        data = self._download(self._name(path))
        if data is None:
            raise ObjectMissing(path)
        return data

    def previous(self, path: str) -> bytes | None:
        return self._download(self._previous_name(path))

    def generation(self, path: str) -> int | None:
        blob = self._blob(path)
        return blob.generation if blob else None

    def exists(self, path: str) -> bool:
        return self._blob(path) is not None

    def list(self, prefix: str = "") -> list[ObjectInfo]:
        with self._faults_told(prefix):
            infos = [
                ObjectInfo(blob.name.removeprefix(self._prefix), blob.size, blob.generation, blob.updated)
                for blob in self._client.list_blobs(
                    self._bucket, prefix=self._prefix + checked_prefix(prefix), retry=self._retry
                )
            ]
        return sorted(
            (info for info in infos if not info.path.startswith(f"{STORE_FOLDER}/")), key=lambda info: info.path
        )

    def delete(self, path: str) -> None:
        for name in (self._name(path), self._previous_name(path)):
            with self._faults_told(path), suppress(self._not_found):
                self._bucket.delete_blob(name, retry=self._retry)

    def url(self, path: str) -> str:
        return str(self._bucket.blob(self._name(path)).public_url)

    def _name(self, path: str) -> str:
        return self._prefix + checked_path(path)

    def _previous_name(self, path: str) -> str:
        return f"{self._prefix}{PREVIOUS_FOLDER}/{checked_path(path)}"

    def _blob(self, path: str) -> "Blob | None":
        with self._faults_told(path):
            return self._bucket.get_blob(self._name(path), retry=self._retry)

    def _download(self, name: str) -> bytes | None:
        with self._faults_told(name), suppress(self._not_found):
            return self._retry(self._downloaded)(name)
        return None

    def _downloaded(self, name: str) -> bytes:
        blob = self._bucket.blob(name)
        data = bytes(blob.download_as_bytes(retry=None))
        if blob.md5_hash is None and blob.crc32c is None:  # somebody else's page: Cloud Storage says what its bytes are
            raise self._corrupt(None, "The answer does not say what its bytes are")
        return data

    def _keep_as_previous(self, path: str, current: "Blob") -> None:
        with suppress(self._not_found):  # deleted meanwhile: the upload will then find its generation gone
            self._bucket.copy_blob(
                current,
                self._bucket,
                new_name=self._previous_name(path),
                if_source_generation_match=current.generation,
                retry=self._retry,  # the client dares not by itself; a copy of a given generation may be repeated
            )

    def _upload(self, path: str, data: bytes, content_type: str, generation: int) -> int:
        blob = self._bucket.blob(self._name(path))
        blob.cache_control = CACHE_CONTROL
        # The client's own retry ends before the answer is read, which may be none of Cloud Storage's.
        self._retry(blob.upload_from_string)(
            data, content_type=content_type, if_generation_match=generation, retry=None
        )
        return int(blob.generation)

    @contextmanager
    def _faults_told(self, path: str) -> Iterator[None]:
        """Tell a refusal as a StorageFault; not found and precondition failed, where they are answers, stay inside."""
        try:
            yield
        except self._refusals as error:
            raise StorageFault(
                f"The bucket gs://{self._bucket.name} refused {path!r}: {error}.",
                next_step=(
                    "Give this account the role roles/storage.objectUser on the bucket, then run it again."
                    if isinstance(error, self._denied)
                    else "Check that the bucket can be reached from here, then run it again."
                ),
            ) from error


def _md5(data: bytes) -> str:
    """As GCS states it. It states none for composite objects, which are then simply written again."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
