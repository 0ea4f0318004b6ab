"""Order is what batches knew, never when they arrive: any arrival leaves the same rows in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nba_props.assets.predictions.batch import Batch
from nba_props.platform import Platform
from nba_props_tests.predictions.kit import (
    EVERYTHING,
    GAMES,
    ONE,
    Said,
    active,
    batches_of,
    game_of,
    in_force,
    lines_of,
    merge,
    named,
    open_batch,
    player,
    prediction_rows,
    publish,
    stage,
    staging_left,
    stored,
)
from nba_props_tests.slates import NOON

SYSTEMS = (ONE, "xgboost_v1")
PLAYERS = [player(number) for number in (1, 2, 3)]
_DAYS = count()


def test_an_older_batch_that_arrives_late_lands_inactive(platform: Platform) -> None:
    older = open_batch(platform, 0, named(1))
    newer = publish(platform, 1, {player(1): Said(30.5)})
    stage(platform, older, {player(1): Said(20.5)}, at=NOON + timedelta(hours=2))
    merge(platform)
    late = [row for row in stored(platform) if row["batch_id"] == older.batch_id]
    assert {(row["is_active"], row["superseded_by"]) for row in late} == {(False, newer.batch_id)}
    assert all(row["updated_at"] == row["created_at"] for row in late)
    assert batches_of(platform) == {newer.batch_id}


def test_merging_either_again_changes_nothing(platform: Platform) -> None:
    older = open_batch(platform, 0, named(1))
    newer = publish(platform, 1, {player(1): Said(30.5)})
    for _ in range(2):
        stage(platform, older, {player(1): Said(20.5)})
        merge(platform)
        before = stored(platform)
        stage(platform, newer, {player(1): Said(30.5)})
        merge(platform)
        assert stored(platform) == before
    assert batches_of(platform) == {newer.batch_id}


def test_a_late_batch_brings_back_nobody_who_was_withdrawn(platform: Platform) -> None:
    older = open_batch(platform, 0, named(1, 2))
    publish(platform, 1, named(1))
    stage(platform, older, named(1, 2))
    merge(platform)
    assert set(in_force(platform)) == {(player(1), ONE)}


def test_a_late_batch_is_in_force_where_no_newer_one_has_spoken(platform: Platform) -> None:
    older = open_batch(platform, 0, named(1, 2))
    publish(platform, 1, {player(1): Said(30.5)}, everybody_else=[(EVERYTHING, player(1))])
    stage(platform, older, named(1, 2))
    merge(platform)
    assert (lines_of(platform, 1)[0], lines_of(platform, 2)[0]) == (285, 185)


def test_a_batch_between_two_of_equal_content_lands_inactive(platform: Platform) -> None:
    """The newer of the two left no row of its own, but it has spoken."""
    publish(platform, 0, named(1))
    between = open_batch(platform, 1, named(1))
    publish(platform, 2, named(1))
    stage(platform, between, {player(1): Said(30.5)})
    merge(platform)
    assert lines_of(platform) == [185, 195, 205, 215, 225]


@pytest.mark.parametrize("is_last_merged_first", [True, False])
def test_of_equal_knowledge_the_batch_opened_last_counts(platform: Platform, is_last_merged_first: bool) -> None:
    last = open_batch(platform, 0, named(1), opened_at=NOON + timedelta(hours=1))
    first = open_batch(platform, 0, named(1), opened_at=NOON)
    for batch in (last, first) if is_last_merged_first else (first, last):
        stage(platform, batch, {player(1): Said(30.5 if batch is last else 20.5)})
        merge(platform)
    assert batches_of(platform) == {last.batch_id}


# -- any batches, any arrival -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """A batch as drawn: what it knew, whom it names, whom else it speaks for, and what each writer staged of it."""

    hour: int
    named: tuple[str, ...]
    everybody_else: tuple[tuple[str, str], ...]
    parts: tuple[Mapping[str, Mapping[str, Said]], ...]


@st.composite
def acts(draw: st.DrawFn) -> Act:
    everybody_else, reach = draw(
        st.sampled_from(
            [
                (((EVERYTHING, EVERYTHING),), PLAYERS),
                (((GAMES[0], EVERYTHING),), [one for one in PLAYERS if game_of(one) == GAMES[0]]),
                (((EVERYTHING, PLAYERS[0]), (EVERYTHING, PLAYERS[1])), PLAYERS[:2]),
            ]
        )
    )
    names = draw(st.lists(st.sampled_from(reach), unique=True))
    answers = st.builds(
        Said,
        line=st.sampled_from([None, 20.5, 21.0, 21.5]),
        mean=st.sampled_from([19.0, 22.0]),
        refusal=st.sampled_from([None, None, None, "no_recent_games"]),
    )
    said = {system: {name: draw(answers) for name in names if draw(st.integers(0, 4))} for system in SYSTEMS}
    cut = draw(st.integers(0, len(names)))
    parts = [{system: dict(list(mine.items())[part]) for system, mine in said.items()} for part in _halves(cut)]
    kept = [{system: mine for system, mine in part.items() if mine} for part in parts]
    empty: list[Mapping[str, Mapping[str, Said]]] = [{ONE: {}}] if not names else []
    return Act(
        draw(st.integers(0, 2)), tuple(names), everybody_else, tuple(part for part in kept if part) or tuple(empty)
    )


def _halves(cut: int) -> tuple[slice, slice]:
    return slice(None, cut), slice(cut, None)


def expected(drawn: Sequence[Act], batches: Sequence[Batch]) -> dict[tuple[str, str], list[str]]:
    """The model: of each (player, system), what the last batch that spoke of it said; silence about the unnamed is speech."""
    order = sorted(range(len(drawn)), key=lambda one: batches[one].order)
    found: dict[tuple[str, str], list[str]] = {}
    for turn in order:
        act, batch = drawn[turn], batches[turn]
        for system in SYSTEMS if act.parts else ():
            for name in PLAYERS:
                answer = next((part[system][name] for part in act.parts if name in part.get(system, {})), None)
                is_covered = any(
                    game in (EVERYTHING, game_of(name)) and one in (EVERYTHING, name)
                    for game, one in act.everybody_else
                )
                if answer is not None and answer.refusal is None:
                    rows = prediction_rows(batch, system, {name: answer})
                    found[name, system] = sorted(row["prediction_id"] for row in rows)
                elif answer is not None or (is_covered and name not in act.named):
                    found.pop((name, system), None)
    return found


def arrive(
    platform: Platform, day: date, drawn: Sequence[Act], arrivals: Sequence[tuple[int, int]], together: int
) -> list[Batch]:
    """Open the batches in their order, then stage part by part, consolidating after every `together` parts."""
    batches = [
        open_batch(platform, act.hour, act.named, day=day, systems=SYSTEMS, everybody_else=act.everybody_else)
        for act in drawn
    ]
    for turn, (one, part) in enumerate(arrivals, start=1):
        for system, said in drawn[one].parts[part].items():
            stage(platform, batches[one], said, system, writer=f"w{part}", at=NOON + timedelta(minutes=part))
        if turn % together == 0:
            merge(platform, day, min_completion_pct=0.0)
    merge(platform, day, min_completion_pct=0.0)
    return batches


@given(data=st.data(), drawn=st.lists(acts(), min_size=1, max_size=4), together=st.integers(1, 3))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_any_arrival_of_any_batches_leaves_what_the_model_says(
    platform: Platform, data: st.DataObject, drawn: list[Act], together: int
) -> None:
    day = NOON.date() + timedelta(days=next(_DAYS))
    parts = [(one, part) for one, act in enumerate(drawn) for part in range(len(act.parts))]
    batches = arrive(platform, day, drawn, data.draw(st.permutations(parts)), together)
    assert in_force(platform, day) == expected(drawn, batches)
    assert staging_left(platform) == []
    rungs = [(row["universal_player_id"], row["system_id"], row["line_key"]) for row in active(platform, day)]
    assert len(rungs) == len(set(rungs))
    for row in stored(platform, day):
        is_refused = row["prediction_error_code"] is not None
        assert is_refused or row["is_active"] == (row["superseded_by"] is None)


@pytest.fixture(autouse=True)
def _days_start_anew() -> None:
    global _DAYS
    _DAYS = count()
