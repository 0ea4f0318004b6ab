"""Secrets never leave the process: every log line, Dagster event, recorded error and message to a person passes here first.

Two nets, one under the other: the values that this process was given under a secret's name, wherever they turn up; and
the shapes secrets have (a password in a URL, `api_key=…`, a bearer token, a private key), whoever they belong to. Too
much hidden is a nuisance, too little a breach: in doubt it is hidden. What belongs here: text in, text out, and the same
for nested values. What does not: where text goes.
"""

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from nba_props.settings import secret_values

HIDDEN = "[redacted]"

_VALUE = r"""(?:\\*"(?:[^"\\]|\\(?!"))*\\*"|\\*'[^']*'|[^\s"'&,;)}\]]+)"""
_NAMES = (
    "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey", "private_key", "private-key", "privatekey",
    "secret", "token", "passwd", "password", "passphrase", "credential",
)  # fmt: skip
_NAMED = rf"(?:{'|'.join(_NAMES)})[\w.-]*"


class _Shape(NamedTuple):
    """What a secret looks like. `signs` are words one of which it contains, in lower case: looking for them costs little."""

    signs: tuple[str, ...]
    pattern: re.Pattern[str]
    instead: str


def _shape(signs: tuple[str, ...], pattern: str, instead: str) -> _Shape:
    return _Shape(signs, re.compile(pattern, re.IGNORECASE | re.DOTALL), instead)


_SHAPES = (
    _shape(("private key",), r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", HIDDEN),
    _shape(("@",), r"(://[^/\s:@\"']*):[^/\s\"']+@", rf"\1:{HIDDEN}@"),
    _shape(("authorization",), r"(\bauthorization\\*[\"']?\s*[:=]\s*\\*[\"']?)(?:\w+\s+)?[^\s\"',;]+", rf"\1{HIDDEN}"),
    _shape(("bearer",), r"\b(bearer)\s+[\w.~+/=-]{8,}", rf"\1 {HIDDEN}"),
    _shape(_NAMES, rf"({_NAMED}\\*[\"']?\s*[:=]\s*){_VALUE}", rf"\1{HIDDEN}"),
    _shape(("?", "&"), r"([?&](?:key|sig|signature|auth)=)[^\s\"'&]+", rf"\1{HIDDEN}"),
    _shape(
        ("slack.com", "discord"),
        r"(https://(?:hooks\.slack\.com|discord(?:app)?\.com/api)/)[^\s\"']+",
        rf"\1{HIDDEN}",
    ),
    _shape(
        ("aiza", "ya29.", "eyj", "xox"),
        r"\bAIza[\w-]{30,}|\bya29\.[\w.-]+|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\bxox[abprs]-[\w-]{8,}",
        HIDDEN,
    ),
)
"""A URL's password, a header, `name=value` and `"name": "value"` (escaped within a string too), and keys known by their looks."""

_SECRET_MEMBER = re.compile(_NAMED, re.IGNORECASE)
_STRUCTURE = frozenset({"run_id", "job_name", "pipeline_name", "step_key", "event_type_value", "timestamp", "level"})


def redact(text: str) -> str:
    """The text without secrets; the same text where there is none."""
    spelled = _spellings(secret_values())
    if spelled is not None:
        text = spelled.sub(HIDDEN, text)
    signs = text.lower()
    for shape in _SHAPES:
        if any(sign in signs for sign in shape.signs):
            text = shape.pattern.sub(shape.instead, text)
    return text


def redact_json(text: str) -> str:
    """JSON without secrets in its strings; the very same text where there is none."""
    return text if redact(text) == text else json.dumps(redact_nested(json.loads(text)))


def redact_nested(value: Any) -> Any:
    """A value of JSON with every string in it redacted, but for those that say what the value is (`__class__`, ids)."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_nested(one) for one in value]
    if isinstance(value, dict):
        return {redact(name): _redact_member(name, one) for name, one in value.items()}
    return value


def _redact_member(name: str, value: Any) -> Any:
    if name.startswith("__") or name in _STRUCTURE:
        return value
    return HIDDEN if isinstance(value, str) and _SECRET_MEMBER.search(name) else redact_nested(value)


@lru_cache(maxsize=8)
def _spellings(values: frozenset[str]) -> re.Pattern[str] | None:
    """The values as they stand in text, in URLs and in quoted strings; the longest first, so that no tail of one is left."""
    spelled = {
        form
        for value in values
        for form in (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1])
    }
    return re.compile("|".join(map(re.escape, sorted(spelled, key=len, reverse=True)))) if spelled else None
