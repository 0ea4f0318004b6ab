"""The Cloud Storage emulator as a process of its own, run by the Python of the cloud tools: `storage.py`.

Prints one JSON line with its port when it answers, and ends when its standard input does. It keeps objects in memory.

Where the emulator falls short, and what is put in its place here:

- It ignores `ifGenerationMatch` and `ifSourceGenerationMatch`, on which every write and every lease stand. Each write is
  compared with the generation that is stored before the emulator sees it, and refused with 412 as Cloud Storage would.
  The emulator answers one request at a time, so that nothing comes between.
- It counts generations in nanoseconds, which a clock can repeat or turn back: not mended, no test turns the clock.
"""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from http.server import HTTPServer
from threading import Thread
from typing import Any

from gcp_storage_emulator import server as emulator
from gcp_storage_emulator.exceptions import NotFound
from gcp_storage_emulator.storage import Storage

Handler = Callable[..., None]


def main() -> None:
    for _, handlers in emulator.HANDLERS:
        for method in handlers.keys() - {"GET"}:
            handlers[method] = _conditional(handlers[method])
    storage = Storage(use_memory_fs=True)
    httpd = HTTPServer(("127.0.0.1", 0), partial(emulator.RequestHandler, storage))
    Thread(target=httpd.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"port": httpd.server_port}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


def _conditional(handler: Handler) -> Handler:
    """The handler, asked only if the stored generations are those that the request expects."""

    def answer(request: Any, response: Any, storage: Storage, *args: object, **options: object) -> None:
        if all(_generation(storage, *named) == expected for expected, *named in _expectations(request)):
            handler(request, response, storage, *args, **options)
            return
        response.status = HTTPStatus.PRECONDITION_FAILED
        said = "At least one of the pre-conditions you specified did not hold."
        details = [{"domain": "global", "reason": "conditionNotMet", "message": said}]
        response.json({"error": {"code": 412, "message": said, "errors": details}})

    return answer


def _expectations(request: Any) -> Iterator[tuple[int, str, str]]:
    """(generation, bucket, object) that the request names as its conditions; 0 is no object."""
    params, query = request.params, {name: values[0] for name, values in request.query.items()}
    if "ifSourceGenerationMatch" in query:
        yield int(query["ifSourceGenerationMatch"]), params["bucket_name"], params["object_id"]
    if "ifGenerationMatch" in query:
        bucket = params.get("dest_bucket_name") or params["bucket_name"]
        name = params.get("dest_object_id") or params.get("object_id") or query.get("name") or _name_in(request.data)
        yield int(query["ifGenerationMatch"]), bucket, name


def _name_in(upload: dict[str, Any]) -> str:
    """The object's name as a multipart upload or the start of a resumable one says it."""
    return upload.get("meta", upload)["name"]


def _generation(storage: Storage, bucket: str, name: str) -> int:
    try:
        return int(storage.get_file_obj(bucket, name)["generation"])
    except NotFound:
        return 0


if __name__ == "__main__":
    main()
