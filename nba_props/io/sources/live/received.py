"""Reading what a source sent: an envelope is known or the payload is rejected whole, rows are read or refused one by one.

Here belongs what parsers of JSON share: the base of the models of what *they* send, and how a fault of such a model is
told. Not here: what a row of ours must satisfy (`rows`), and what any one source sends (its own module).
"""

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Row, Sheet

Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A whole number that a column can hold; what it may be is for the row models to say."""


class Sent(BaseModel):
    """Base of what a source sends. Types are taken at their word ("12" or true is no 12); unknown fields are its business.

    A field that a source always sends has no default, even where it may be null: a field that is gone is a new shape.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)


Model = TypeVar("Model", bound=Sent)


def rejected(payload: Payload, why: str) -> PayloadRejected:
    """The error for a payload whose shape is not the known one, to be raised; `why` is told after a colon."""
    document = " ".join(part for part in (payload.feed, payload.label, f"of {payload.day}") if part)
    return PayloadRejected(
        payload.source,
        f"{document} is not what this parser knows: {why}.",
        next_step=f"Look at {payload.ref}; if the source has changed its shape, change its parser, then parse it again.",
    )


def read_envelope(payload: Payload, model: type[Model]) -> Model:
    """The payload's JSON as `model`. Raises PayloadRejected for what is no JSON or of another shape."""
    try:
        return model.model_validate_json(payload.body)
    except ValidationError as error:
        fault = _fault(error)
    raise rejected(payload, fault)


def read_rows(
    payload: Payload, parsed: Parsed, sheet: Sheet, model: type[Model], sent: Iterable[tuple[int, Any]]
) -> list[tuple[int, Model]]:
    """The numbered rows that are `model`s; the others are refused in `parsed`, under `sheet`.

    Raises PayloadRejected if there are rows and none can be read: that is no bad row, that is another shape.
    """
    tried = [(number, read_row(parsed, sheet, number, model, row)) for number, row in sent]
    read = [(number, row) for number, row in tried if row is not None]
    if tried and not read:
        raise rejected(payload, f"none of {len(tried)} rows can be read ({parsed.refused[-1].reason})")
    return read


def read_row(parsed: Parsed, sheet: Sheet, number: int, model: type[Model], row: Any) -> Model | None:
    """One row as a `model`, or None: then it is refused in `parsed`, under `sheet`."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        parsed.refuse(sheet, number, _fault(error), as_row(row))
        return None


def as_row(value: Any) -> Row:
    """A row as it came, to be kept in quarantine, though it may not even be an object."""
    return value if isinstance(value, dict) else {"value": value}


def _fault(error: ValidationError) -> str:
    """The first fault as `{field}_{problem}`, as the archive's border calls it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = "_".join(str(part) for part in first["loc"]) or "row"
    return f"{field}_{'missing' if first['type'] == 'missing' else 'unreadable'}"
