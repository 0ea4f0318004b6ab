"""names: the queue, and an alias that binds one person and re-runs only him."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from nba_props.cli.names import bind, queued, suggestions_of
from nba_props.cli.people import Directory
from nba_props.errors import BadInput
from nba_props.platform import Platform
from nba_props_tests.cli.conftest import Call
from nba_props_tests.conftest import TONIGHT

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


def test_an_alias_runs_again_only_the_person_it_concerns(
    call: Call, slate_platform: Platform, stranger: dict[str, Any]
) -> None:
    teams = {team for row in _schedule(slate_platform) for team in row.values()}
    registry = Directory(slate_platform, TONIGHT).registry
    person = sorted(one for one, team in registry.team_of.items() if team in teams)[0]
    before = _active(slate_platform, person)
    ended = call(
        "names",
        "alias",
        stranger["player_name"],
        registry.candidate(person).player_name,
        "--json",
        home=slate_platform.home,
    )
    assert ended.code in (0, 1), ended.err
    assert ended.json["failures"] == []
    left = {one["player_lookup"] for one in queued(slate_platform, TONIGHT, TONIGHT)}
    assert stranger["player_lookup"] not in left
    assert _active(slate_platform, person) == before  # nobody else's rows were touched
    scopes = slate_platform.warehouse.query(
        "select scope from nba_predictions.prediction_batches where game_date = @start_date order by opened_at",
        {"start_date": TONIGHT},
    )["scope"].to_pylist()
    assert scopes[1:] in ([], [f"players:{person}"])


def _schedule(platform: Platform) -> list[dict[str, Any]]:
    sql = "select home_team, away_team from nba_raw.schedule where game_date = @start_date"
    found: list[dict[str, Any]] = platform.warehouse.query(sql, {"start_date": TONIGHT}).to_pylist()
    return found


def _active(platform: Platform, apart_from: str) -> set[tuple[date, str, str]]:
    """Rows in force of everybody else."""
    rows = platform.warehouse.query(
        "select game_date, prediction_id, batch_id from nba_predictions.player_prop_predictions"
        " where is_active and universal_player_id <> @player_id",
        {"player_id": apart_from},
    ).to_pylist()
    return {(row["game_date"], row["prediction_id"], row["batch_id"]) for row in rows}
