"""On a day on which four sources fail, the page's questions are answered, and the next fetch makes it good."""

import pytest

from nba_props_tests.runbooks.friday import EVENING, FRIDAY, Friday

pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("friday")]


def test_a_bad_day_is_told_and_over_with_the_next_fetch(friday_evening: Friday) -> None:
    bad = friday_evening.said["bad fetch"]
    assert bad.startswith("1\n")
    assert all(
        f"failed {source}" in bad or f"partial {source}" in bad for source in ("odds_api", "bettingpros", "espn")
    )
    assert friday_evening.said["odds"].startswith("0\n")
    page = friday_evening.page("bad-source-day")
    for sql in page.commands("sql"):
        assert friday_evening.types(EVENING, sql, "bad-source-day", **{"2024-03-15": FRIDAY}).code == 0
    friday_evening.types(EVENING, "nba-props names unresolved", "bad-source-day")
    page.typed_everything(
        "nba-props doctor",  # test_doctor
        *("nba-props fetch 2024-03-14", "nba-props grade 2024-03-14"),  # test_re_grade
        "nba-props simulate serve --fault espn:500:2 --fault odds_api:html",  # test_simulate
    )
