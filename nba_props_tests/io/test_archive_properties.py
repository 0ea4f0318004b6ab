"""What holds for any archive: nothing crashes, the books balance, what is kept is true, and columns judge like rows."""

import math
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nba_props.io.sources.archive import archive_of, parse
from nba_props.io.sources.archive.border import Batch, validate
from nba_props.io.sources.archive.payloads import DidNotPlay, Game, Payload, PlayerBox, PointsQuote, Problem
from nba_props_tests.io.test_archive import absence, assert_books_balance, box_rows, game_rows, parquet, quote, rows_of

TEXTS = st.sampled_from(
    ["", " ", "x", "BOS", "GS", "0022300601", "22300601", "bref:1", "2023-24", "Playoffs", "12.5", "-110", "nan", "İ"]
)
NUMBERS = st.one_of(
    st.integers(-(2**40), 2**40), st.integers(-5, 130), st.floats(width=32), st.floats(-200, 200), st.just(math.inf)
)
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 (archives hold naive ones)


def like(value: Any) -> st.SearchStrategy[Any]:
    """Another value of the same Arrow type, or none."""
    if isinstance(value, bool):
        return st.none() | st.booleans()
    if isinstance(value, str):
        return st.none() | TEXTS
    if isinstance(value, float):
        return st.none() | st.floats() | st.floats(-200, 200)
    if isinstance(value, int):
        return st.none() | st.integers(-5, 130) | st.integers(-(2**40), 2**40)
    if isinstance(value, datetime):
        return st.none() | (INSTANTS if value.tzinfo is None else INSTANTS.map(lambda at: at.replace(tzinfo=UTC)))
    raise AssertionError(type(value))


@st.composite
def mutated(draw: st.DrawFn, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with some values replaced, some rows doubled and some gone."""
    rows = [dict(row) for row in rows for _ in range(draw(st.sampled_from([1, 1, 1, 1, 0, 2])))]
    for row in rows:
        for name in draw(st.lists(st.sampled_from(sorted(row)), max_size=2)):
            row[name] = draw(like(row[name])) if row[name] is not None else None
    return rows


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    box=mutated([*box_rows()[:3], *box_rows()[8:11]]),
    games=mutated(game_rows() + game_rows("0022300602", home_abbr="LAL")),
    quotes=mutated([quote(), quote(line=14.5, is_main=False)]),
    absences=mutated([absence()]),
    has_games=st.booleans(),
)
def test_any_archive_is_read_and_what_is_kept_is_true(
    box: list[dict[str, Any]],
    games: list[dict[str, Any]],
    quotes: list[dict[str, Any]],
    absences: list[dict[str, Any]],
    has_games: bool,
) -> None:
    files = {"player_box": box, "points_lines": quotes, "dnp": absences} | ({"games": games} if has_games else {})
    given_rows = {f"{name}.parquet": parquet(rows) for name, rows in files.items() if rows}
    if not given_rows:
        return
    archive = parse(archive_of(given_rows))
    assert_books_balance(archive)
    read = archive.counts.to_pandas().groupby("table_name")["rows_read"].sum()
    assert read.get("player_box_scores", 0) == len(box) + len(absences)
    assert read.get("player_points_quotes", 0) == len(quotes)
    known = {row["game_id"]: row for row in rows_of(archive, "schedule")}
    for row in rows_of(archive, "player_box_scores"):
        game = known[row["game_id"]]
        home, away = (
            (row["team_abbr"], row["opponent_abbr"]) if row["is_home"] else (row["opponent_abbr"], row["team_abbr"])
        )
        assert (game["home_team"], game["away_team"], game["game_date"]) == (home, away, row["game_date"])
        assert (row["participation"] == "played") == (row["points"] is not None) == (row["minutes"] is not None)
        shot = [row[name] for name in ("points", "fgm", "fg3m", "ftm")]
        if None not in shot:
            assert shot[0] == 2 * shot[1] + shot[2] + shot[3]
        for made, attempted in (("fgm", "fga"), ("fg3m", "fg3a"), ("ftm", "fta")):
            if row[made] is not None and row[attempted] is not None:
                assert row[made] <= row[attempted]
    for row in rows_of(archive, "player_points_quotes"):
        assert row["line_x10"] == round(row["line"] * 10)
        assert 5 <= row["line_x10"] <= 800


@pytest.mark.parametrize(
    ("model", "row"),
    [(PlayerBox, box_rows()[0]), (Game, game_rows()[0]), (PointsQuote, quote()), (DidNotPlay, absence())],
)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_column_judges_its_values_as_the_payload_model_judges_a_row(
    model: type[Payload], row: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(set(row) & set(model.model_fields))))
    row = row | {name: data.draw(like(row[name]))}
    blank = isinstance(row[name], str) and not row[name].strip()
    missing = blank or (isinstance(row[name], float) and math.isnan(row[name]))
    frame = validate([Batch("ref", pa.Table.from_pylist([row]), np.arange(1))], model)
    # A rule between fields or an exclusion may refuse the row too: only faults of the field are compared.
    by_column = frame["refusal"][0]
    is_field_fault = by_column in {f"{name}_{problem}" for problem in Problem} and not by_column.startswith(
        "season_type_dis"
    )
    try:
        model.model_validate(row | ({name: None} if missing else {}))
    except ValidationError:
        assert is_field_fault or by_column == "not_a_counting_game"
    else:
        assert not is_field_fault


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1, 2], None]),
        pa.array([{"a": 1}, None]),
        pa.array([b"\xff", None]),
        pa.array([2**62, None]),
        pa.array([date(2024, 1, 20), None]),
        pa.array([None, None]),
        pa.array(["a", None]).dictionary_encode(),
        pa.array([2**44, None]).cast(pa.timestamp("s")),
        pa.array([1, None], pa.duration("s")),
    ],
    ids=lambda column: str(column.type),
)
def test_a_column_of_any_type_is_judged_and_never_raises(column: pa.Array) -> None:
    good = pa.Table.from_pylist(box_rows()[:2])
    for name in ("pts", "game_date", "player_name", "win", "minutes", "game_id"):
        rows = good.set_column(good.column_names.index(name), name, column)
        frame = validate([Batch("ref", rows, np.arange(2))], PlayerBox)
        assert len(frame) == 2
    table = good.set_column(good.column_names.index("pts"), "pts", column)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    assert_books_balance(parse(archive_of({"player_box.parquet": sink.getvalue().to_pybytes()})))
