"""The reference analyzer and evaluator of GoogleSQL, as tests ask it: a worker in the tools environment behind a pipe.

It shares no code with the engines this project runs on, so that what it refuses BigQuery refuses, and what it answers
is what GoogleSQL means. What is asked of it is in the tests beside this file.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

WORKER = Path(__file__).with_name("worker.py")

Schema = Mapping[str, Mapping[str, str]]
"""Table name, dotted as statements have it -> column -> GoogleSQL type."""


class Refused(Exception):
    """GoogleSQL has no such statement; the analyzer's or evaluator's own words."""


@dataclass(frozen=True)
class Analysis:
    """What a statement is (query, merge, delete ...), its output columns if it is a query, and the time it took."""

    kind: str
    columns: list[tuple[str, str]] | None
    milliseconds: float


@dataclass(frozen=True)
class Answer:
    """Rows of a query by output column; dates and instants are ISO strings."""

    columns: list[tuple[str, str]]
    rows: list[list[Any]]
    milliseconds: float


class Reference:
    """One running worker; `declare` comes before anything is asked."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def declare(self, tables: Schema, parameters: Mapping[str, str]) -> None:
        self._ask(catalog=tables, parameters=parameters)

    def analyze(self, sql: str) -> Analysis:
        """Raises Refused with GoogleSQL's error and its place."""
        found = self._ask(analyze=sql)
        columns = found["columns"]
        return Analysis(found["kind"], columns and [(name, kind) for name, kind in columns], found["ms"])

    def evaluate(self, sql: str, values: Mapping[str, Any], rows: Mapping[str, pa.Table]) -> Answer:
        """A query's answer on given rows of declared tables. Raises Refused where it does not run to its end."""
        cells = {name: [list(map(plain, row.values())) for row in table.to_pylist()] for name, table in rows.items()}
        given = {name: plain(value) for name, value in values.items()}
        found = self._ask(evaluate=sql, values=given, rows=cells)
        return Answer([(name, kind) for name, kind in found["columns"]], found["rows"], found["ms"])

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the worker ended with exit code {self._process.wait()}"
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise Refused(found["error"])
        return found


@contextmanager
def running(tools: Path) -> Iterator[Reference]:
    """A worker in the environment `tools`. Its very first start takes half a minute and leaves what it compiled there."""
    command = [str(tools / "bin" / "python"), str(WORKER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Reference(process)
        assert process.stdin
        process.stdin.close()


def plain(value: Any) -> Any:
    """A value as it goes over the pipe."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    return value
