"""CONTRIBUTING's section "Adding a prediction system", done to the letter: its own code, where it says, on a copy of the package."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock

from nba_props.domain.systems import SYSTEM_IDS
from nba_props.domain.systems.base import COMPONENTS, Refusal, Slate
from nba_props.evaluation import evaluate
from nba_props.platform import Platform
from nba_props.settings import load_settings
from nba_props_tests.conftest import EVENING, YESTERDAY

ROOT = Path(__file__).resolve().parents[1]
NEW = "hot_hand_v1"
SYSTEMS = Path("nba_props") / "domain" / "systems"


def steps() -> tuple[str, str, str]:
    """What CONTRIBUTING gives to be typed: the system's file, its import, its line in MEMBERS."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## Adding a prediction system")[1].split("\n## ")[0]
    the_file, registration = (
        textwrap.dedent(block) for block in re.findall(r"^ *```python\n(.*?)^ *```$", section, re.DOTALL | re.MULTILINE)
    )
    the_import, the_line = (line for line in registration.splitlines() if line.strip())
    return the_file, the_import, the_line


@dataclass(frozen=True)
class Copy:
    """A checkout with the system added, and a home in which it was run."""

    root: Path
    home: Path

    def command(self, *words: object) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "nba_props.cli", *words, "--home", self.home)

    def python(self, *words: object) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("NBA_PROPS_")}
        return subprocess.run(
            [sys.executable, *(str(word) for word in words)],
            cwd=self.root,
            env=clean | {"PYTHONPATH": str(self.root), "NBA_PROPS_NOW": EVENING.isoformat()},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What the run left behind: data, which any code may read."""
        return list(self.platform.warehouse.query(query).to_pylist())

    @property
    def platform(self) -> Platform:
        return Platform(load_settings(home=self.home, now=EVENING))


@pytest.fixture(scope="session")
def copy(simulated_home: Path) -> Copy:
    """The package with the system added, beside a copy of the simulated home in which YESTERDAY was run anew with it."""
    place = simulated_home.with_name("adding_a_system")
    added = Copy(place / "checkout", place / "home")
    with FileLock(f"{place}.lock"):
        if not (place / "run.txt").exists():
            shutil.rmtree(place, ignore_errors=True)
            partial = place.with_name("adding_a_system.partial")
            shutil.rmtree(partial, ignore_errors=True)
            for part in ("nba_props", "sql"):
                shutil.copytree(ROOT / part, partial / "checkout" / part, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copytree(simulated_home, partial / "home")
            add_system(partial / "checkout")
            partial.rename(place)
            done = added.command("run", YESTERDAY)
            (place / "run.txt").write_text(f"{done.returncode}\n{done.stdout}\n{done.stderr}")
    return added


def add_system(root: Path) -> None:
    """Steps 1 and 2."""
    the_file, the_import, the_line = steps()
    (root / SYSTEMS / f"{NEW}.py").write_text(the_file, encoding="utf-8")
    registry = root / SYSTEMS / "__init__.py"
    lines = registry.read_text(encoding="utf-8").splitlines()
    imports = [place for place, line in enumerate(lines) if line.startswith("from nba_props.domain.systems.")]
    after = next((place for place in imports if lines[place] > the_import), imports[-1] + 1)
    lines.insert(after, the_import)
    end_of_members = lines.index("}", next(place for place, line in enumerate(lines) if line.startswith("MEMBERS")))
    lines.insert(end_of_members, the_line)
    registry.write_text("\n".join(lines) + "\n", encoding="utf-8")


# -- what follows from the id ------------------------------------------------------------------------------------------


def test_contributing_gives_one_file_one_import_and_one_line() -> None:
    the_file, the_import, the_line = steps()
    assert the_file.startswith(f'"""`{NEW}`')
    assert the_import == f"from nba_props.domain.systems.{NEW} import HotHand"
    assert the_line == f'    "{NEW}": lambda _: HotHand(),'
    assert NEW not in SYSTEM_IDS


def test_what_is_typed_answers_a_small_slate() -> None:
    """Without a run, so that a change of the interface shows at once."""
    typed: dict[str, Any] = {}
    exec(compile(steps()[0], f"{NEW}.py", "exec"), typed)
    players = pd.DataFrame(
        {
            "points_avg_season": [20.0, 20.0, None],
            "points_avg_last_5": [30.0, 30.0, 30.0],
            "data_quality_tier": ["gold", "critical", "gold"],
        }
    )
    found = typed["HotHand"]().project(Slate(players, pd.DataFrame(), pd.DataFrame()))
    assert found.mean[0] == pytest.approx(23.0)
    assert found.refusal.tolist() == ["", Refusal.LOW_QUALITY_FEATURES, Refusal.NO_RECENT_GAMES]
    assert set(found.components) <= set(COMPONENTS)


@pytest.mark.whole
def test_what_is_typed_passes_the_linter_and_the_laws_of_the_domain(copy: Copy) -> None:
    shutil.copy(ROOT / "pyproject.toml", copy.root)
    for words in (["check"], ["format", "--check"]):
        done = copy.python(
            "-m", "ruff", *words, "--no-cache", *(SYSTEMS / name for name in (f"{NEW}.py", "__init__.py"))
        )
        assert done.returncode == 0, done.stdout + done.stderr
    imported = set(re.findall(r"^from (\S+) import", steps()[0], re.MULTILINE))
    assert imported == {"typing", "nba_props.domain.systems.base"}


@pytest.mark.whole
def test_it_is_registered_before_the_ensemble_and_has_a_staging_asset_that_consolidation_waits_for(copy: Copy) -> None:
    code = """
import dagster as dg
from nba_props.definitions import build_defs
from nba_props.domain.systems import SYSTEM_IDS
from nba_props.domain.systems.base import COMPONENTS, Refusal, Slate
from nba_props.evaluation import evaluate
from nba_props.platform import Platform
from nba_props.settings import load_settings
graph = build_defs().resolve_asset_graph()
staging = dg.AssetKey(["predictions", "staging_hot_hand_v1"])
assert staging in graph.materializable_asset_keys
assert staging in graph.get(dg.AssetKey(["predictions", "player_prop_predictions"])).parent_keys
print(",".join(SYSTEM_IDS))
"""
    done = copy.python("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().split(",") == [*SYSTEM_IDS[:-1], NEW, SYSTEM_IDS[-1]]


@pytest.mark.whole
def test_the_slate_is_run_with_it(copy: Copy) -> None:
    code, said = (copy.home.parent / "run.txt").read_text().split("\n", 1)
    assert code in ("0", "1"), said
    reasons = [line for line in said.splitlines() if line.startswith("  - ")]
    assert all("feature_not_constant" in reason for reason in reasons), said  # a league so small and young has some


@pytest.mark.whole
def test_its_rows_are_beside_the_others_on_the_same_ladder(copy: Copy) -> None:
    rungs = copy.rows(
        "SELECT universal_player_id, line_key, COUNT(DISTINCT system_id) AS systems,"
        f" COUNT(*) AS n FROM nba_predictions.player_prop_predictions WHERE game_date = '{YESTERDAY}' AND is_active"
        f" AND system_id IN ('{NEW}', 'moving_average') GROUP BY universal_player_id, line_key"
    )
    assert len(rungs) > 200
    assert {(row["systems"], row["n"]) for row in rungs} == {(2, 2)}


@pytest.mark.whole
def test_its_numbers_are_what_its_source_says(copy: Copy) -> None:
    rows = copy.rows(
        "SELECT p.raw_points, p.baseline_points, c.points_avg_season, c.points_avg_last_5, p.model_version, p.predicted_points,"
        " p.over_prob, p.under_prob, p.push_prob, p.has_prop_line"
        " FROM nba_predictions.player_prop_predictions AS p INNER JOIN nba_precompute.ml_feature_store AS c"
        " ON c.game_date = p.game_date AND c.game_id = p.game_id AND c.universal_player_id = p.universal_player_id"
        f" WHERE p.game_date = '{YESTERDAY}' AND p.is_active AND p.system_id = '{NEW}' AND p.is_main_line"
    )
    assert len(rows) > 50
    for row in rows:
        wanted = max(0.7 * row["points_avg_season"] + 0.3 * row["points_avg_last_5"], 0.1)
        assert row["raw_points"] == pytest.approx(wanted)
        assert row["baseline_points"] == pytest.approx(row["points_avg_season"])
        assert row["model_version"] == NEW
        if row["has_prop_line"]:
            assert row["over_prob"] + row["under_prob"] + row["push_prob"] == pytest.approx(1)


@pytest.mark.whole
def test_the_ensemble_calls_it_and_says_so(copy: Copy) -> None:
    rows = copy.rows(
        "SELECT contributing_systems, missing_systems FROM nba_predictions.player_prop_predictions"
        f" WHERE game_date = '{YESTERDAY}' AND is_active AND is_main_line AND system_id = 'ensemble_v1'"
    )
    assert rows
    assert not [row for row in rows if NEW in (row["missing_systems"] or "").split(",")]
    assert [row for row in rows if NEW in (row["contributing_systems"] or "").split(",")]


@pytest.mark.whole
def test_coverage_counts_it(copy: Copy) -> None:
    rows = copy.rows(
        f"SELECT system_id, expected, predicted FROM nba_monitoring.prediction_coverage WHERE game_date = '{YESTERDAY}'"
    )
    counted = {row["system_id"]: row for row in rows}
    assert set(counted) == {"all", *SYSTEM_IDS, NEW}
    assert counted[NEW]["predicted"] == counted["moving_average"]["predicted"] > 50


@pytest.mark.whole
def test_its_predictions_are_graded(copy: Copy) -> None:
    rows = copy.rows(
        "SELECT system_id, COUNT(*) AS n, AVG(absolute_error) AS mae FROM nba_grading.prediction_accuracy"
        f" WHERE game_date = '{YESTERDAY}' AND actual_points IS NOT NULL GROUP BY system_id"
    )
    graded = {row["system_id"]: row for row in rows}
    assert graded[NEW]["n"] == graded["moving_average"]["n"] > 50
    assert 1 < graded[NEW]["mae"] < 10


@pytest.mark.whole
def test_it_is_judged_on_the_same_rows_as_the_others(copy: Copy) -> None:
    done = copy.command("evaluate", YESTERDAY, YESTERDAY, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["answered"]) == {*SYSTEM_IDS, NEW}
    for table in found["tables"]:
        assert not table["scores"] or {*SYSTEM_IDS, NEW} <= {score["contender"] for score in table["scores"]}


@pytest.mark.whole
def test_taken_away_again_what_it_said_can_still_be_evaluated(copy: Copy) -> None:
    """Grades are history: a system that is gone from the code (it never was in this one) keeps its own."""
    found = evaluate(copy.platform, YESTERDAY, YESTERDAY)
    assert found.answered[NEW] > 50
    assert NEW in found.to_markdown()
