"""An evaluation as rows, JSON, Markdown and pictures, and through the command line."""

import json
from pathlib import Path

import pytest

from nba_props.cli.ending import run_to_end
from nba_props.evaluation import Evaluation, evaluate
from nba_props.evaluation.plots import write_plots
from nba_props.platform import Platform
from nba_props_tests.assets.test_grading import SCHEDULE, put
from nba_props_tests.evaluation.kit import ACCURACY, CACHE, DAYS, form, grade, graded, of_one_game, table_of
from nba_props_tests.evaluation.test_tripwire import evaluated

__all__ = ["graded"]  # a fixture

PNG = b"\x89PNG"


def test_rows_and_json(graded: Platform) -> None:
    evaluation = evaluate(graded, *DAYS)
    rows = evaluation.to_rows()
    assert [(row["table"], row["contender"]) for row in rows[5:9]] == [
        ("with_line", "exponential_mean"),
        ("with_line", "line"),
        ("all", "moving_average"),
        ("all", "ensemble_v1"),
    ]
    back = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
    assert (back["start"], back["left_out"]["at_different_lines"], back["leaks"]) == ("2024-03-15", 1, [])
    assert back["tables"][0]["live_share"] == pytest.approx(2 / 3)
    assert [{"table": t["name"]} | score for t in back["tables"] for score in t["scores"]] == rows
    assert len(back["tables"][0]["probabilities"]["scores"][0]["reliability"]) == 10


def test_markdown(graded: Platform) -> None:
    text = evaluate(graded, *DAYS).to_markdown()
    assert "2 live (66.7%), 1 backfill" in text
    assert "Without earlier rows, and so not here: ridge." in text
    for line in (
        "| moving_average | 3 | 3.333 [1.000, 4.500] | 4.203 | +1.667 | +0.333 [+0.000, +1.000] |",
        "| line | 3 | 3.000 [0.000, 4.500] |",
        "| moving_average | 3.500 | 100.0% | 100.0% | 17.00 |",
        "| market | 0.2500 | - | 0.6931 |",
        "| ensemble_v1+market | 0.3-0.4 | 1 | 30.0% | 0.0% [0.0%, 79.3%] |",
        "| moving_average | 0 | 66.7% | 50.0% [9.5%, 90.5%] of 2 | 52.4% |",
        "-3.0% [-4.5%, +0.0%] (3) | +0.167 [-0.500, +0.500] (2 of 3) |",
        "## Live rows with a line",
        "| rows | 3 |",
    ):
        assert line in text
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert all(len({line.count("|") for line in block.splitlines()}) == 1 for block in tables)


@pytest.mark.parametrize("has_line", [True, False])
def test_plots_are_written(has_line: bool, tmp_path: Path) -> None:
    from nba_props_tests.evaluation.kit import NO_LINE

    found = of_one_game(grade(0, "a", "moving_average", 22.0, 25, "pass", **({} if has_line else NO_LINE)))
    written = write_plots(found, tmp_path)
    names = ["mae.png", "pit.png", *(["reliability.png"] if has_line else [])]
    assert [path.name for path in written] == names
    assert all(path.read_bytes().startswith(PNG) for path in written)


# -- the command -------------------------------------------------------------------------------------------------------


def command(platform: Platform, *options: str) -> int:
    put(platform, SCHEDULE, [{"game_id": "game_0", "game_date": DAYS[0]}])
    return run_to_end(["evaluate", str(DAYS[0]), str(DAYS[1]), "--home", str(platform.home), *options])


def test_the_command_writes_a_folder_and_keeps_stdout_whole(
    graded: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder"
    assert command(graded, "--json", "--out", str(out)) == 0
    said = capsys.readouterr()
    names = ["evaluation.json", "evaluation.md", "mae.png", "pit.png", "reliability.png"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert json.loads(said.out) == json.loads((out / "evaluation.json").read_text())
    assert (out / "evaluation.md").read_text().startswith("# Evaluation 2024-03-15 to 2024-03-16")
    assert "evaluation.md" in said.err


def test_a_leak_ends_the_command_with_2_after_the_report(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    planted: list[dict[str, object]] = []
    for place in range(220):
        points = 10 + place % 20
        planted.append(grade(place % 2, str(place), "ensemble_v1", float(points), points))
    put(platform, ACCURACY, planted)
    put(platform, CACHE, [form(place % 2, str(place), 20.0) for place in range(220)])
    assert command(platform, "--json") == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["leaks"][0]["contender"] == "ensemble_v1"
    assert "LEAK: ensemble_v1 has an error of 0.000 points on 220 rows" in said.err
    assert "nba-props explain" in said.err
    assert command(platform) == 2
    assert "**LEAK: ensemble_v1" in capsys.readouterr().out


def test_without_grades_the_command_says_what_to_run(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(platform) == 2
    assert "nba-props grade 2024-03-15 2024-03-16" in capsys.readouterr().err


def test_a_leak_is_part_of_the_whole() -> None:
    found: Evaluation = evaluated(knowledge=0.8)
    assert found.to_dict()["leaks"][0]["table"] == "with_line"
    assert table_of(found, "with_line").oracle is not None
