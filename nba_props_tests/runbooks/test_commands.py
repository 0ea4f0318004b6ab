"""Of every runbook: its commands exist, those that only look do run, it is in the index, and a test types it."""

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from nba_props.cli.app import app, command_words
from nba_props_tests.conftest import TONIGHT, YESTERDAY
from nba_props_tests.runbooks.kit import INDEX, PAGES, RUNBOOKS, Typist, commands_of, filled

TESTS = Path(__file__).resolve().parents[1]
TYPED_ELSEWHERE = {
    "alerts": "test_alerting.py",
    "backup-and-restore": "test_backup.py",
    "cloud": "deploy/test_permissions.py",
    "daemon": "test_daemon_health.py",
    "system-decay": "predictions/test_breaker.py",
}
"""Runbooks whose situations have tests of their own outside this folder."""

LONGEST = 45
"""Lines of a page for one situation."""
WORDS = {"DATE": TONIGHT, "START": YESTERDAY, "END": TONIGHT, "D1": YESTERDAY, "D2": TONIGHT, "MONTH": "2025-12"}
LOOKING = {"status", "coverage", "history list", "staging list", "names unresolved", "models list", "sql", "seasons"}
ALL = [
    pytest.param(path, command, id=f"{path.stem}: {command}")
    for path in PAGES
    for command in commands_of(path.read_text("utf-8"))
]


def parse(arguments: list[str]) -> None:
    """Let the real command line read arguments, without running anything. Raises what it refuses."""
    command = get_command(app)
    context = command.make_context("nba-props", list(arguments))
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize(("path", "command"), ALL)
def test_every_command_of_a_runbook_parses(path: Path, command: str) -> None:
    arguments = list(filled(command, WORDS))
    if arguments == command_words(arguments):  # only mentioned by its name
        return
    parse(arguments)


@pytest.mark.parametrize(
    "arguments", [["run", "today", "--sytems", "a"], ["stagin", "list"], ["grade"], ["status", "a", "b"]]
)
def test_a_command_that_does_not_exist_does_not_parse(arguments: list[str]) -> None:
    with pytest.raises(typer.TyperException):
        parse(arguments)


def looks_only(command: str) -> bool:
    arguments = list(filled(command, WORDS))
    words = " ".join(command_words(arguments))
    is_asking = words not in ("sql",) or len(arguments) > 1
    return (
        ("history list" if words == "history" else words) in LOOKING
        and is_asking
        and "$" not in command
        and "--home" not in arguments
    )


@pytest.mark.parametrize("command", sorted({one.values[1] for one in ALL if looks_only(one.values[1])}))
def test_every_command_that_only_looks_answers(simulated_home: Path, command: str) -> None:
    reader = Typist("README.md", simulated_home)
    arguments = [re.sub(r"^20\d\d-\d\d$", "2025-26", one) for one in filled(command, WORDS)]
    ended = reader.runs(*arguments)
    assert ended.code in (0, 1), ended.err
    assert ended.out.strip()


def test_the_index_has_every_runbook_and_no_other() -> None:
    linked = re.findall(r"\]\(([^)]+)\)", INDEX.read_text("utf-8"))
    assert sorted(linked) == [path.name for path in PAGES]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_of_a_runbook_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+\.md)", path.read_text("utf-8")):
        assert (RUNBOOKS / link).exists(), link


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_runbook_is_typed_by_a_test(path: Path) -> None:
    there = TYPED_ELSEWHERE.get(path.stem, f"runbooks/test_{path.stem.replace('-', '_')}.py")
    assert (TESTS / there).exists()


@pytest.mark.parametrize("path", [one for one in PAGES if one.stem not in TYPED_ELSEWHERE], ids=lambda path: path.stem)
def test_a_runbook_is_read_at_a_glance(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST
    assert all(words in text for words in ("You see:", "What it means:", "over when"))
