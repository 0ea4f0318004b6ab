"""Every offered quote priced by every system: which distribution, whose opinion stands beside it, and when value is said."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nba_props.assets.predictions.quote_prices import PRICES, priced_quotes
from nba_props.domain.distributions import CountDistribution
from nba_props.domain.odds import DevigMethod, devig
from nba_props.errors import BadInput
from nba_props.platform import Platform
from nba_props_tests import slates
from nba_props_tests.slates import DAY, NOON, PEOPLE

PERSON = PEOPLE[3]  # his main line is 13.5
SYSTEM = "moving_average"
OWN = {"distribution_location": 6.5, "distribution_scale": 2.2}
ANCHORED = {"anchored_location": 6.1, "anchored_scale": 2.1}
MADE = NOON
VERSION = "calibration@1a2b3c"


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return slates.new_home(tmp_path_factory.mktemp("empty") / "home")


@pytest.fixture
def home(empty_home: Platform, tmp_path: Path) -> Platform:
    return slates.copy_home(empty_home, tmp_path / "home")


def predict(home: Platform, *systems: str, **columns: Any) -> None:
    facts = OWN | {"as_of_at": MADE, "distribution_version": VERSION} | columns
    slates.predictions(home, [PERSON], systems or (SYSTEM,), **facts)


def quote(home: Platform, quote_id: str = "q1", **columns: Any) -> None:
    facts = {
        "game_date": DAY,
        "quote_id": quote_id,
        "bookmaker": "fanduel",
        "universal_player_id": PERSON.player_id,
        "game_id": PERSON.game_id,
        "line": 13.5,
        "is_main": True,
        "over_price_american": -130.0,
        "under_price_american": 105.0,
        "snapshot_at": MADE - timedelta(hours=1),
        "is_usable": True,
    } | columns
    facts["line_x10"] = round(10 * facts["line"])
    slates.put(home, "nba_analytics.line_prices", facts)


def priced(home: Platform) -> list[dict[str, Any]]:
    """As written to the table and read back, in the order of the quotes."""
    home.warehouse.replace_rows(PRICES, priced_quotes(home, DAY, DAY), DAY, DAY)
    rows: list[dict[str, Any]] = home.warehouse.query(
        "SELECT * FROM nba_predictions.quote_prices WHERE game_date = @start_date ORDER BY quote_id, system_id",
        {"start_date": DAY},
    ).to_pylist()
    return rows


def test_the_anchored_distribution_prices_where_there_is_one(home: Platform) -> None:
    predict(home, **ANCHORED)
    quote(home, line=14.0)
    [row] = priced(home)
    expected = CountDistribution(ANCHORED["anchored_location"], ANCHORED["anchored_scale"])
    assert row["over_prob"] == pytest.approx(float(expected.prob_over(14)))
    assert row["under_prob"] == pytest.approx(float(expected.prob_under(14)))
    assert row["push_prob"] == pytest.approx(float(expected.prob_push(14)))
    assert row["push_prob"] > 0
    assert row["distribution_version"] == VERSION


def test_the_systems_own_distribution_prices_where_nothing_is_anchored(home: Platform) -> None:
    predict(home)
    quote(home)
    [row] = priced(home)
    expected = CountDistribution(OWN["distribution_location"], OWN["distribution_scale"])
    assert row["over_prob"] == pytest.approx(float(expected.prob_over(13.5)))
    assert row["over_prob"] + row["under_prob"] == pytest.approx(1)
    assert row["push_prob"] == 0


def test_each_system_prices_every_book_and_the_market_is_the_books_own(home: Platform) -> None:
    predict(home, SYSTEM, "ensemble_v1")
    quote(home, "q1")
    quote(home, "q2", bookmaker="betmgm", line=14.5, over_price_american=110.0, under_price_american=-140.0)
    rows = priced(home)
    assert [(row["quote_id"], row["system_id"]) for row in rows] == [
        (quote_id, system) for quote_id in ("q1", "q2") for system in ("ensemble_v1", SYSTEM)
    ]
    markets = [float(devig(*pair, DevigMethod.MULTIPLICATIVE)) for pair in ((-130, 105), (110, -140))]
    assert [row["market_over_prob"] for row in rows] == pytest.approx([markets[0]] * 2 + [markets[1]] * 2)
    assert {row["devig_method"] for row in rows} == {"multiplicative"}


@pytest.mark.parametrize("method", DevigMethod)
def test_the_way_the_vig_was_removed_is_kept(home: Platform, method: DevigMethod) -> None:
    chosen = Platform(home.settings.model_copy(update={"devig_method": method}))
    predict(chosen)
    quote(chosen, over_price_american=-300.0, under_price_american=220.0)
    [row] = priced(chosen)
    assert row["devig_method"] == method
    assert row["market_over_prob"] == pytest.approx(float(devig(-300, 220, method)))


@pytest.mark.parametrize("missing", [("over",), ("under",), ("over", "under")])
def test_a_one_sided_price_says_nothing_of_the_market_but_has_a_value(home: Platform, missing: tuple[str, ...]) -> None:
    predict(home, is_value_proven=True)
    quote(home, **{f"{side}_price_american": None for side in missing})
    [row] = priced(home)
    assert (row["market_over_prob"], row["devig_method"]) == (None, None)
    for side in ("over", "under"):
        assert (row[f"expected_value_{side}"] is None) == (side in missing)


def test_value_counts_a_push_as_the_stake_returned(home: Platform) -> None:
    """-130 wins 100/130 of a stake, +105 wins 1.05."""
    predict(home, is_value_proven=True, **ANCHORED)
    quote(home, line=14.0)
    [row] = priced(home)
    assert row["is_value_proven"]
    win, lose = row["over_prob"], row["under_prob"]
    assert win + lose < 0.97
    assert row["expected_value_over"] == pytest.approx(win * 100 / 130 - lose)
    assert row["expected_value_under"] == pytest.approx(lose * 1.05 - win)


def test_no_value_is_said_before_probabilities_are_proven(home: Platform) -> None:
    predict(home, is_value_proven=False, **ANCHORED)
    quote(home)
    [row] = priced(home)
    assert (row["is_value_proven"], row["expected_value_over"], row["expected_value_under"]) == (False, None, None)
    assert row["market_over_prob"] is not None


def test_a_quote_is_priced_if_seen_before_the_prediction_and_only_the_latest(home: Platform) -> None:
    predict(home)
    quote(home, "early", snapshot_at=MADE - timedelta(hours=2))
    quote(home, "late", snapshot_at=MADE - timedelta(hours=1))
    quote(home, "too_late", snapshot_at=MADE)
    quote(home, "other_line", line=12.5, is_main=False)
    quote(home, "unusable", bookmaker="betmgm", is_usable=False)
    assert [row["quote_id"] for row in priced(home)] == ["late", "other_line"]


def test_a_date_without_quotes_has_no_prices(home: Platform) -> None:
    predict(home)
    assert priced(home) == []


def test_a_row_in_force_without_a_distribution_is_a_fault(home: Platform) -> None:
    predict(home, distribution_location=None)
    quote(home)
    with pytest.raises(BadInput, match="location"):
        priced(home)
