"""The BigQuery emulator as a process of its own, run by the Python of the cloud tools: `bigquery.py DIRECTORY`.

Prints one JSON line with the port of its REST endpoint when that answers, and ends when its standard input does, so that
it never outlives the tests. `DIRECTORY` is its own: DuckDB extensions and uploads lie there.
"""

import asyncio
import contextlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import TextIO

import duckdb
import duckdb_extension_spatial


def main(directory: Path) -> None:
    told, sys.stdout = sys.stdout, sys.stderr  # the emulator logs to where its output goes
    _install_extensions(directory / "extensions")
    asyncio.run(_serve(directory, told))


def _install_extensions(directory: Path) -> None:
    """The emulator insists on DuckDB's spatial extension and would fetch it; its wheel has it already."""
    [extension] = Path(next(iter(duckdb_extension_spatial.__path__))).glob("extensions/*/spatial.duckdb_extension")
    connect = duckdb.connect

    def connect_here(*args: object, **options: object) -> duckdb.DuckDBPyConnection:
        return connect(*args, **options | {"config": {"extension_directory": str(directory)}})

    duckdb.connect = connect_here
    with connect_here(":memory:") as connection:
        connection.execute(f"INSTALL '{extension}'")


async def _serve(directory: Path, told: TextIO) -> None:
    from bigquery_shims import mend
    from bqemulator.config import LogLevel, Settings
    from bqemulator.server import EmulatorServer

    mend()
    server = EmulatorServer(
        Settings(
            rest_port=0,
            grpc_port=0,
            default_project_id="nba-props-test",
            upload_staging_dir=directory / "uploads",
            enable_format_extensions=False,  # Avro only, which nothing here loads
            query_cache_ttl_seconds=0,
            metrics_enabled=False,
            log_level=LogLevel.WARNING,
        )
    )
    await server.start()
    print(json.dumps({"port": server.rest_port}), file=told, flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()
    with contextlib.suppress(Exception):
        await asyncio.wait_for(server.stop(), timeout=5)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    os._exit(0)  # its worker threads would keep the process
