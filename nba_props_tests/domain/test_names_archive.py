"""How many real quotes resolve without a person, and that none of them goes to somebody else (private archive)."""

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nba_props.domain.names import (
    PRODUCTION_ALIASES,
    NameIndex,
    NameRequest,
    Person,
    Resolution,
    name_parts,
    resolve_batch,
)

pytestmark = pytest.mark.archive

ARCHIVE = Path(__file__).parents[2].parent / "shared" / "data" / "history"
TEAM_IS_KNOWN_FOR = timedelta(days=400)
Appearance = tuple[date, str, str, str]  # game_date, universal_player_id, player_name, team_abbr
Answer = tuple[date, NameRequest, Resolution]


def rows(sql: str) -> list[Any]:
    with duckdb.connect() as session:
        session.execute("SET file_search_path = $1", [str(ARCHIVE)])
        return session.execute(sql).fetchall()


@pytest.fixture(scope="module")
def box() -> list[Appearance]:
    if not ARCHIVE.is_dir():
        pytest.skip("the private archive shared/data/history is not beside the checkout")
    return rows("""
        SELECT game_date::DATE, 'nba_' || player_id, player_name, team_abbr FROM 'player_box.parquet' ORDER BY ALL
    """)


@pytest.fixture(scope="module")
def answers(box: list[Appearance]) -> list[Answer]:
    """Every distinct (game_date, name as spelled, event teams), resolved as of its date."""
    listed = rows("SELECT 'nba_' || player_id, player_name FROM 'players.parquet' ORDER BY ALL")
    index = NameIndex([Person(who, name, day) for day, who, name, _ in box] + [Person(*person) for person in listed])
    teams_of_slate = dict(
        rows("SELECT game_date::DATE, list(home_abbr) || list(away_abbr) FROM 'games.parquet' GROUP BY 1")
    )
    requests: dict[date, list[NameRequest]] = defaultdict(list)
    for day, name, home, away in rows("""
        SELECT DISTINCT game_date::DATE, player_name, home_abbr, away_abbr FROM 'points_lines.parquet' ORDER BY ALL
    """):
        requests[day].append(NameRequest(name, (home, away) if home else None))

    latest: dict[str, tuple[date, str]] = {}
    games = iter(box)
    game = next(games, None)
    resolved: list[Answer] = []
    for day in sorted(requests):
        while game and game[0] < day:
            latest[game[1]] = (game[0], game[3])
            game = next(games, None)
        team_of = {who: team for who, (seen, team) in latest.items() if day - seen <= TEAM_IS_KNOWN_FOR}
        batch = resolve_batch(requests[day], index.as_of(day, team_of), PRODUCTION_ALIASES, teams_of_slate.get(day, []))
        resolved += [(day, request, answer) for request, answer in zip(requests[day], batch, strict=True)]
    return resolved


def test_nearly_all_quoted_names_resolve_without_a_person(answers: list[Answer]) -> None:
    share = sum(answer.universal_player_id is not None for _, _, answer in answers) / len(answers)
    assert share >= 0.985, f"{share:.4f} of {len(answers)} quoted player-days resolve"


def test_whoever_played_that_day_played_in_the_quoted_game(answers: list[Answer], box: list[Appearance]) -> None:
    team_that_day = {(day, who): team for day, who, _, team in box}
    checked = 0
    for day, request, answer in answers:
        team = team_that_day.get((day, answer.universal_player_id or "nobody"))
        if team and request.teams:
            checked += 1
            assert team in request.teams, (day, request, answer)
    assert checked > 0.5 * len(answers)


def test_nobody_is_given_the_name_of_somebody_else(answers: list[Answer]) -> None:
    for _, request, answer in answers:
        if answer.universal_player_id:
            words = [word for word in name_parts(request.name).words if len(word) > 2]
            shared = [word for word in words if word in answer.player_lookup]
            assert 2 * len(shared) >= len(words) > 0, (request.name, answer.player_lookup)


def test_what_stays_unresolved_has_a_reason_and_somebody_to_accept(answers: list[Answer]) -> None:
    for _, request, answer in answers:
        if answer.universal_player_id is None:
            assert answer.reason in {"not_found", "ambiguous"}, request
            assert answer.suggestions, request
