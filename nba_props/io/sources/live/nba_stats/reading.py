"""From bytes to the records of `payloads`: documents that are not theirs are rejected whole, records that do not read
are refused one by one. Knows JSON and pydantic, not basketball.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from nba_props.io.sources.archive.payloads import Problem, Reason
from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Sheet
from nba_props.io.sources.live.nba_stats.payloads import LeftOut, Sent

Model = TypeVar("Model", bound=Sent)
_OUT_OF_RANGE = ("greater_than_equal", "less_than_equal", "finite_number", "int_parsing_size")


def rejected(payload: Payload, why: str) -> PayloadRejected:
    """The error that refuses a whole payload."""
    return PayloadRejected(
        payload.source,
        f"the answer of feed {payload.feed} is not the shape this version reads: {why} ({payload.ref}).",
        next_step="Look at the landed bytes; if the source changed its format, its parser has to learn it.",
    )


def read_document(payload: Payload, model: type[Model]) -> Model:
    """The body as the envelope it should be. Raises PayloadRejected."""
    try:
        document = json.loads(payload.body)
    except (ValueError, RecursionError) as error:
        raise rejected(payload, "it is not JSON") from error
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise rejected(payload, _fault(error)) from error


def records_of(
    payload: Payload, parsed: Parsed, sheet: Sheet, headers: Sequence[str], rows: Sequence[Any], model: type[Model]
) -> Iterator[tuple[int, Mapping[str, Any], Model]]:
    """(number, row by header name, record) of each row of a table that reads; the others are refused.

    Columns are found by name, wherever they stand. Raises PayloadRejected if one that is needed is not there exactly once.
    """
    needed = [field.alias or name for name, field in model.model_fields.items()]
    unclear = [name for name in needed if headers.count(name) != 1]
    if unclear:
        raise rejected(payload, f"not exactly one column {', '.join(unclear)}")
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(headers):
            parsed.refuse(sheet, number, Reason.WRONG_NUMBER_OF_FIELDS, {"row": row})
            continue
        named = dict(zip(headers, row, strict=True))
        record = read_record(parsed, sheet, number, named, model)
        if record is not None:
            yield number, named, record


def read_record(parsed: Parsed, sheet: Sheet, number: int, sent: Any, model: type[Model]) -> Model | None:
    """What was sent as the record it should be; None, and refused with `{field}_{problem}`, if it is not."""
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        parsed.refuse(sheet, number, _fault(error), sent if isinstance(sent, dict) else {"row": sent})
        return None


def accept(payload: Payload, parsed: Parsed) -> Parsed:
    """What was parsed. Raises PayloadRejected if there were rows and not one of them reads: then the shape is new."""
    unread = [one.reason for one in parsed.refused if one.reason not in set(LeftOut)]
    if unread and not parsed.rows:
        raise rejected(payload, f"none of its {len(unread)} rows reads, the first for {unread[0]}")
    return parsed


def _fault(error: ValidationError) -> str:
    """The first thing wrong, as `{field}_{problem}`."""
    first = error.errors(include_url=False, include_context=False)[0]
    place = "_".join(str(part) for part in first["loc"] if isinstance(part, str)) or "row"
    return f"{place}_{_problem(first['type'], first['input'])}"


def _problem(kind: str, value: Any) -> Problem:
    if kind in set(Problem):
        return Problem(kind)
    if kind == "missing" or value is None:
        return Problem.MISSING
    return Problem.OUT_OF_RANGE if kind in _OUT_OF_RANGE else Problem.UNREADABLE
