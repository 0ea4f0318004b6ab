"""Reading what a source sent: a payload is known or rejected whole, its rows are read or refused one by one.

The one home of what parsers share, whatever they read: the base and the common fields of the models of what *they* send, the
words for what is wrong with a row, and when a payload is no longer the shape that is known. Not here: what a row of ours must
satisfy (`rows`), what any one source sends (its own module), and dates and instants of asking (`asking`).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
)
from pydantic_core import PydanticCustomError

from nba_props.io.sources.archive.payloads import Problem, Reason, problem_of_error
from nba_props.io.sources.live.contract import Parsed, Payload, PayloadRejected, Row, Sheet

FEWEST_PLAYERS: Final = 5
"""Fewer cannot take the floor. Seven may be a true roster in July, twenty-five in training camp."""


class LeftOut(StrEnum):
    """Why a row that could be read is no row of ours. One that could not is refused with `{field}_{problem}` or a `Reason`."""

    NOT_A_COUNTING_GAME = Reason.NOT_A_COUNTING_GAME
    NOT_AN_NBA_GAME = "not_an_nba_game"
    GAME_POSTPONED = "game_postponed"
    GAME_NOT_FINAL = "game_not_final"
    TEAMS_NOT_YET_KNOWN = "teams_not_yet_known"
    DATE_DISAGREES_WITH_DAY = "date_disagrees_with_day"
    SEASON_DISAGREES_WITH_DAY = "season_disagrees_with_day"
    STATUS_UNKNOWN = "status_unknown"
    TEAM_ID_UNKNOWN = "team_id_unknown"
    BOOK_DISAGREES_WITH_ID = "book_disagrees_with_id"
    EVENT_NOT_ASKED_FOR = "event_not_asked_for"
    MARKET_NOT_ASKED_FOR = "market_not_asked_for"
    MARKET_SAID_TWICE = "market_said_twice"
    SIDE_UNKNOWN = "side_unknown"
    SIDE_SAID_TWICE = "side_said_twice"
    SIDES_DISAGREE_ON_LINE = "sides_disagree_on_line"
    SIDE_HAS_TWO_PRICES = "side_has_two_prices"
    PRICE_NOT_AMERICAN = "price_not_american"
    PRICE_AMBIGUOUS = "price_ambiguous"
    SAID_TWICE = "said_twice"
    UPDATED_AFTER_FETCH = "updated_after_fetch"


class RowRefused(Exception):
    """A row that cannot be brought into our columns; the message is its reason. Caught where rows are read."""


# -- what they send -----------------------------------------------------------------------------------------------------
_LAST_YEAR: Final = 2100
_HALF_A_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_WRITTEN_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?", re.DOTALL)


def written(value: Any) -> str:
    """A date or instant as text: a number would be read as seconds since 1970."""
    if not (isinstance(value, str) and _WRITTEN_DATE.fullmatch(value)):
        raise PydanticCustomError(Problem.UNREADABLE, "not a written date")
    return value


def _in_utc(instant: AwareDatetime) -> AwareDatetime:
    if not 1900 <= instant.year <= _LAST_YEAR:
        raise PydanticCustomError(Problem.OUT_OF_RANGE, "not an instant of any NBA season")
    return instant.astimezone(UTC)


Whole = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
"""A whole number that a column can hold; what it may be is for the row models to say."""
Words = Annotated[str, Field(min_length=1)]
Day = Annotated[date, Field(strict=False), BeforeValidator(written)]
"""A date as written, "2024-01-15", or midnight of it."""
Instant = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_in_utc), BeforeValidator(written)]
"""An instant as written, with its zone ("2024-01-15T18:00Z"); it becomes UTC."""


class Sent(BaseModel):
    """Base of what a source sends. Types are taken at their word ("12" or true is no 12); unknown fields are its business.

    A field that a source always sends has no default, even where it may be null: a field that is gone is a new shape. A fault
    is called by the field's own name, whatever alias it has there.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False, loc_by_alias=False)

    @field_validator("*")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        """JSON can spell half a character ("\\ud800"): nothing can store it."""
        if isinstance(value, str) and _HALF_A_CHARACTER.search(value):
            raise PydanticCustomError(Problem.UNREADABLE, "half a character")
        return value


Shape = TypeVar("Shape")
Model = TypeVar("Model", bound=Sent)


# -- the whole payload --------------------------------------------------------------------------------------------------
def rejected(payload: Payload, why: str) -> PayloadRejected:
    """The error for a payload whose shape is not the known one, to be raised; `why` is told after a colon."""
    document = " ".join(part for part in (payload.feed, payload.label, f"of {payload.day}") if part)
    return PayloadRejected(
        payload.source,
        f"{document} is not what this parser knows: {why}.",
        next_step=f"Look at {payload.ref}; if the source has changed its shape, change its parser, then parse it again.",
    )


def read_envelope(payload: Payload, shape: type[Shape]) -> Shape:
    """The payload's JSON as a model, or a list of them. Raises PayloadRejected for what is no JSON or of another shape."""
    try:
        document = json.loads(payload.body)
    except (ValueError, RecursionError) as error:
        raise rejected(payload, "it is not JSON") from error
    try:
        return TypeAdapter(shape).validate_python(document)
    except ValidationError as error:
        raise rejected(payload, _fault(error)) from error


def accept(payload: Payload, parsed: Parsed, *sheets: Sheet) -> Parsed:
    """What was parsed. Raises PayloadRejected if the rows of these sheets (of all together, where none is named) were all
    refused, and each because it could not be read: those are no bad rows, that is another shape.
    """
    asked = sheets or tuple(Sheet)
    unread = [one.reason for one in parsed.refused if one.sheet in asked]
    if unread and not any(parsed.rows.get(sheet) for sheet in asked) and not set(unread) & set(LeftOut):
        raise rejected(payload, f"none of {len(unread)} rows can be read ({unread[0]})")
    return parsed


def require_whole_roster(payload: Payload, parsed: Parsed) -> None:
    """Raises PayloadRejected for a roster of another shape, or with too few players: it was cut short."""
    players = len(accept(payload, parsed, Sheet.ROSTERS).rows.get(Sheet.ROSTERS, ()))
    if players < FEWEST_PLAYERS:
        raise rejected(payload, f"{players} players are no roster")


# -- rows ---------------------------------------------------------------------------------------------------------------
def as_model(sent: Any, model: type[Model]) -> Model:
    """One row as a `model`. Raises RowRefused with `{field}_{problem}` for what is none."""
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise RowRefused(_fault(error)) from error


def read_row(parsed: Parsed, sheet: Sheet, number: int, model: type[Model], sent: Any) -> Model | None:
    """One row as a `model`, or None: then it is refused in `parsed`, under `sheet`."""
    try:
        return as_model(sent, model)
    except RowRefused as refusal:
        parsed.refuse(sheet, number, str(refusal), as_row(sent))
        return None


def read_rows(
    parsed: Parsed, sheet: Sheet, model: type[Model], sent: Iterable[tuple[int, Any]]
) -> Iterator[tuple[int, Model]]:
    """The numbered rows that are `model`s; the others are refused in `parsed`, under `sheet`."""
    for number, row in sent:
        read = read_row(parsed, sheet, number, model, row)
        if read is not None:
            yield number, read


def read_table(
    payload: Payload, parsed: Parsed, sheet: Sheet, headers: Sequence[str], rows: Iterable[Any], model: type[Model]
) -> Iterator[tuple[int, Row, Model]]:
    """(number, row by header, `model`) of each row of a table that reads; the others are refused in `parsed`.

    Columns are found by name, wherever they stand. Raises PayloadRejected if one that is needed is not there exactly once.
    """
    needed = [field.alias or name for name, field in model.model_fields.items()]
    unclear = [name for name in needed if headers.count(name) != 1]
    if unclear:
        raise rejected(payload, f"not exactly one column {', '.join(unclear)}")
    for number, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(headers):
            parsed.refuse(sheet, number, Reason.WRONG_NUMBER_OF_FIELDS, as_row(row))
            continue
        named = dict(zip(headers, row, strict=True))
        read = read_row(parsed, sheet, number, model, named)
        if read is not None:
            yield number, named, read


def as_row(sent: Any) -> Row:
    """A row as it came, to be kept in quarantine, though it may not even be an object."""
    return sent if isinstance(sent, Mapping) else {"value": sent}


# -- faults -------------------------------------------------------------------------------------------------------------
def _fault(error: ValidationError) -> str:
    """The first thing wrong, as `{field}_{problem}`; which element of a list it is in, is no part of the word."""
    first = error.errors(include_url=False, include_context=False)[0]
    field = "_".join(part for part in first["loc"] if isinstance(part, str)) or "row"
    is_missing = first["type"] == "missing" or first["input"] is None
    return f"{field}_{Problem.MISSING if is_missing else problem_of_error(first['type'])}"
