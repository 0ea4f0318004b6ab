"""How many real quotes resolve without a person, and that none of them goes to somebody else (private archive)."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nba_props.domain.names import name_parts

pytestmark = pytest.mark.archive

BENCH = Path(__file__).parents[2] / "bench" / "names_at_scale.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The benchmark whose figures are asserted here."""
    spec = importlib.util.spec_from_file_location(BENCH.stem, BENCH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def names(bench: ModuleType, archive_dir: Path) -> Any:
    return bench.read(archive_dir)


@pytest.fixture(scope="module")
def answers(bench: ModuleType, names: Any) -> list[Any]:
    """Every distinct (game_date, name as spelled, event teams), resolved as of its date."""
    return bench.resolved(names)


def test_nearly_all_quoted_names_resolve_without_a_person(bench: ModuleType, answers: list[Any]) -> None:
    assert len(answers) > 10_000
    assert bench.name_share(answers) >= 0.995
    assert bench.name_day_share(answers) >= 0.999


def test_the_rules_alone_resolve_nearly_as_many(bench: ModuleType, names: Any) -> None:
    """The shipped aliases were written with this archive in view; the rules know no names."""
    assert bench.name_share(bench.resolved(names, aliases=())) >= 0.98


def test_nobody_is_quoted_for_a_team_or_game_he_did_not_play_for(
    bench: ModuleType, names: Any, answers: list[Any]
) -> None:
    assert bench.contradictions(names, answers) == []


def test_no_team_mate_takes_the_name_of_a_player_nobody_knows_yet(bench: ModuleType, names: Any) -> None:
    count, taken = bench.taken_by_others(names, seasons={"2023-24"})
    assert count > 500
    assert taken == []


def test_a_bound_name_shares_its_words_unless_they_are_initials_or_an_alias(answers: list[Any]) -> None:
    for answer in answers:
        if answer.who and answer.resolution.method not in ("alias", "initials_spelled_out"):
            words = [word for word in name_parts(answer.request.name).words if len(word) > 2]
            shared = [word for word in words if word in answer.resolution.player_lookup]
            assert 2 * len(shared) >= len(words) > 0, answer


def test_what_stays_unresolved_has_a_reason_and_somebody_to_accept(answers: list[Any]) -> None:
    for answer in answers:
        if answer.who is None:
            assert answer.resolution.reason in {"not_found", "ambiguous"}, answer
            assert answer.resolution.suggestions, answer
