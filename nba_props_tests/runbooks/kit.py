"""Runbooks as tests read them: the commands that stand in a page, and a person who types them, word for word.

A command is what stands after `nba-props` in a code span or an indented block. Words in capitals are for the reader to
replace (DATE, BATCH); the test says by what.
"""

import io
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from pathlib import Path

import pytest

from nba_props.cli.ending import run_to_end
from nba_props_tests.cli.conftest import Ended
from nba_props_tests.conftest import EVENING

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
INDEX = RUNBOOKS / "README.md"
PAGES = sorted(path for path in RUNBOOKS.glob("*.md") if path != INDEX)

_CODE = re.compile(r"```[a-z]*\n(?P<block>.*?)```|(?P<indented>(?:^ {4,}\S[^\n]*\n?)+)|`(?P<span>[^`]+)`", re.S | re.M)
_COMMAND = re.compile(r"(?:^|(?<=\s))nba-props(?:\s|$)")


def commands_of(text: str) -> list[str]:
    """Every command line of a page as it stands there, on one line, comments left out; each once."""
    found: list[str] = []
    for match in _CODE.finditer(text):
        code = match["block"] or match["indented"] or match["span"]
        for one in _COMMAND.finditer(code):
            words = _before_the_shell(_words(code[one.start() :], is_span=match["span"] is not None))
            found.append(shlex.join(" ".join(word.split()) for word in words))
    return list(dict.fromkeys(one for one in found if one != "nba-props"))


def _before_the_shell(words: Sequence[str]) -> list[str]:
    """What the command itself is given: a line of cron goes on with what becomes of its output."""
    return list(takewhile(lambda word: word not in (">", "|", "||", "&&"), words))


def _words(code: str, *, is_span: bool) -> list[str]:
    """The words of the command that code begins with: a span entire, else up to the first end of line outside quotes."""
    if is_span:
        return shlex.split(code)
    lines = code.splitlines()
    for count in range(1, len(lines) + 1):
        with suppress(ValueError):  # a quotation goes on in the next line
            return shlex.split("\n".join(lines[:count]), comments=True)
    raise AssertionError(f"a quotation does not end: {code}")


@dataclass
class Typist:
    """A person with a page open, in a home, at an instant. `words`: what stands for each word in capitals."""

    page: str
    home: Path
    words: Mapping[str, object] = field(default_factory=dict)
    now: datetime = EVENING
    environment: Mapping[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)
    said: str = ""

    @property
    def text(self) -> str:
        return (RUNBOOKS / self.page).read_text(encoding="utf-8")

    def commands(self, name: str) -> list[str]:
        """The page's commands of this name."""
        return [one for one in commands_of(self.text) if shlex.split(one)[1] == name]

    def types(self, command: str, **words: object) -> Ended:
        """Type a command of the page, which must stand there; how it ended."""
        stands = _as_it_stands(command)
        assert stands in commands_of(self.text), f"{self.page} has no command {command!r}"
        self.typed.add(stands)
        return self.runs(*filled(stands, {**self.words, **words}))

    def has_typed(self, command: str, ended: Ended) -> None:
        """The same command stands in this page too, and was typed from another."""
        assert _as_it_stands(command) in commands_of(self.text), f"{self.page} has no command {command!r}"
        self.typed.add(_as_it_stands(command))
        self.said = f"{ended.out}\n{ended.err}"

    def runs(self, *words: object) -> Ended:
        """Run a command line in the home at the instant, whether it stands in the page or not."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as environment:
            for name, value in {"NBA_PROPS_NOW": self.now.isoformat(), "COLUMNS": "250", **self.environment}.items():
                environment.setenv(name, value)
            with redirect_stdout(out), redirect_stderr(err):
                code = run_to_end([*map(str, words), "--home", str(self.home)])
        self.said = f"{out.getvalue()}\n{err.getvalue()}"
        return Ended(code, out.getvalue(), err.getvalue())

    def reads(self, *phrases: str) -> None:
        """What the page says the last command prints, in these words, it did print."""
        for phrase in phrases:
            assert phrase in " ".join(self.text.split()), f"{self.page} does not say {phrase!r}"
            assert phrase in " ".join(self.said.split()), f"{phrase!r} was not printed, but:\n{self.said}"

    def typed_everything(self, *elsewhere: str) -> None:
        """Every command of the page was typed, apart from those that another test types, or that start a server."""
        others = {_as_it_stands(one) for one in elsewhere}
        assert set(commands_of(self.text)) == self.typed | others


def filled(command: str, words: Mapping[str, object]) -> Iterator[str]:
    """The arguments after `nba-props`: each word in capitals replaced, and each example (a date, a name) that `words` has."""
    examples = {name: str(value) for name, value in words.items() if not name.isupper()}
    for argument in shlex.split(command)[1:]:
        text = re.sub(r"\b[A-Z][A-Z0-9_]*\b", lambda found: str(words.get(found[0], found[0])), argument)
        for example, value in examples.items():
            text = text.replace(example, value)
        yield text


def _as_it_stands(command: str) -> str:
    return shlex.join(" ".join(word.split()) for word in shlex.split(command))
