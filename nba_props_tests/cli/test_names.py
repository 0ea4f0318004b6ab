"""names: the queue, and an alias that binds one person and re-runs only him."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from nba_props.cli.names import bind, queued, suggestions_of
from nba_props.cli.people import Directory
from nba_props.domain.names import player_lookup
from nba_props.errors import BadInput
from nba_props.platform import Platform
from nba_props_tests.cli.conftest import Call
from nba_props_tests.conftest import TONIGHT, YESTERDAY
from nba_props_tests.slates import put

NEVER_RUN = YESTERDAY - timedelta(days=1)
ALIASES = "select alias_lookup, canonical_lookup, alias_type, is_active, created_at from nba_reference.player_aliases"


@pytest.fixture
def stranger(slate_platform: Platform) -> dict[str, Any]:
    """The league's unknown person: quoted tonight, in no registry."""
    return next(one for one in queued(slate_platform, TONIGHT, TONIGHT) if one["reason"] == "not_found")


def aliases(platform: Platform) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = platform.warehouse.query(ALIASES).to_pylist()
    return found


def test_the_queue_is_by_name_with_dates_and_counts(call: Call, slate_platform: Platform) -> None:
    found = call("names", "unresolved", "--json", home=slate_platform.home).json
    stored = slate_platform.warehouse.query(
        "select player_lookup, player_name, sum(occurrences) as occurrences, count(distinct game_date) as dates"
        " from nba_reference.unresolved_player_names group by player_lookup, player_name"
    ).to_pylist()
    assert {(one["player_lookup"], one["occurrences"], len(one["dates"])) for one in found} == {
        (one["player_lookup"], one["occurrences"], one["dates"]) for one in stored
    }
    assert all(one["dates"] == sorted(one["dates"], reverse=True) for one in found)
    assert found[-1]["reason"] == "combo"  # nobody can alias a pair: it comes last


def test_the_queue_of_a_date(call: Call, slate_platform: Platform, stranger: dict[str, Any]) -> None:
    found = call("names", "unresolved", "--date", TONIGHT, "--json", home=slate_platform.home).json
    assert stranger["player_lookup"] in {one["player_lookup"] for one in found}
    assert all(one["dates"] == [TONIGHT.isoformat()] for one in found)
    assert stranger["player_name"] in call("names", "unresolved", home=slate_platform.home).out


def test_suggestions_are_read_as_they_were_written() -> None:
    text = "Nikola Jokić (nikolajokic, 91); O'Neal (Jr.) Shaq (shaqonealjr, 60)"
    assert suggestions_of(text) == [
        {"player_name": "Nikola Jokić", "player_lookup": "nikolajokic", "score": 91},
        {"player_name": "O'Neal (Jr.) Shaq", "player_lookup": "shaqonealjr", "score": 60},
    ]
    assert suggestions_of("") == []


def test_an_alias_that_binds_nobody_is_refused_with_the_nearest(slate_platform: Platform) -> None:
    somebody = Directory(slate_platform).people[0].player_name
    before = aliases(slate_platform)
    with pytest.raises(BadInput) as refused:
        bind(slate_platform, "Quite Unknown", somebody + "x")
    assert somebody in refused.value.next_step
    assert aliases(slate_platform) == before


def test_an_alias_of_two_people_is_refused(slate_platform: Platform) -> None:
    people = Directory(slate_platform).people
    counts = Counter(one.player_name for one in people)
    one, other = [person.player_name for person in people if counts[person.player_name] == 1][:2]
    before = aliases(slate_platform)
    with pytest.raises(BadInput, match="two different people"):
        bind(slate_platform, one, other)
    with pytest.raises(BadInput, match="same key"):
        bind(slate_platform, one, one.upper())
    with pytest.raises(BadInput, match="no letter"):
        bind(slate_platform, "+", one)
    bind(slate_platform, "The Nickname", one)
    with pytest.raises(BadInput, match="one spelling would mean two people"):
        bind(slate_platform, "The Nickname", other)
    assert len(aliases(slate_platform)) == len(before) + 1


def test_an_alias_is_written_once_and_keeps_its_date(call: Call, slate_platform: Platform) -> None:
    somebody = Directory(slate_platform).people[0]
    for is_new in (True, False):
        ended = call(
            "names", "alias", "The Nickname", somebody.player_name, "--no-run", "--json", home=slate_platform.home
        )
        assert ended.code == 0
        assert ended.json["is_new"] is is_new
        assert somebody.universal_player_id in ended.json["universal_player_ids"]
    (mine,) = [one for one in aliases(slate_platform) if one["alias_lookup"] == "thenickname"]
    assert (mine["alias_type"], mine["is_active"]) == ("manual", True)


def test_an_alias_runs_again_only_the_person_it_concerns_on_predicted_dates_latest_first(
    call: Call, slate_platform: Platform, stranger: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[list[date], tuple[str, ...]]] = []
    monkeypatch.setattr(
        "nba_props.plan.run_dates", lambda runner, days, request: started.append((days, request.players))
    )
    for day in (YESTERDAY, NEVER_RUN):
        _queue(slate_platform, stranger, day)
    person = Directory(slate_platform).people[0]
    words = ("names", "alias", stranger["player_name"], person.player_name, "--json")

    ended = call(*words, home=slate_platform.home)
    mine = tuple(sorted(Directory(slate_platform).registry.named(player_lookup(person.player_name))))
    assert started == [([TONIGHT], mine), ([YESTERDAY], mine)]
    assert [one["game_date"] for one in ended.json["dates"]] == [YESTERDAY.isoformat(), TONIGHT.isoformat()]
    assert f"1 dates with the name were never predicted and are left alone ({NEVER_RUN}" in ended.err

    started.clear()
    limited = call(*words, "--dates", f"{YESTERDAY},2025-11-30", home=slate_platform.home)
    assert started == [([YESTERDAY], mine)]
    assert "not waiting for this name, left alone: 2025-11-30" in limited.err


def _queue(platform: Platform, entry: dict[str, Any], day: date) -> None:
    put(
        platform,
        "nba_reference.unresolved_player_names",
        {
            "game_date": day,
            "player_name": entry["player_name"],
            "player_lookup": entry["player_lookup"],
            "reason": "not_found",
            "is_quoted": True,
        },
    )
