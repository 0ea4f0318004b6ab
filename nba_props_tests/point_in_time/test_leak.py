"""Nothing later than a slate's as_of decides a feature, a model or a prediction of it: on the simulated league, bit for bit.

The slate is built from the whole league, and again from archives whose future is another one: in new homes and over the
old one. The counter-tests open one window each and expect the comparison to see it: a test that cannot fail proves nothing.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from nba_props.assets.predictions import models
from nba_props.catalog import Table, table
from nba_props.domain import models as domain_models
from nba_props.domain.calendar import month_start
from nba_props.domain.model_kinds import MODEL_KINDS, ModelKind
from nba_props.domain.models import Manifest
from nba_props.domain.systems import ENSEMBLE, MEMBERS, SYSTEM_IDS
from nba_props.io.warehouse.sqltext import read_sql
from nba_props.plan import Request
from nba_props.platform import Platform
from nba_props_tests.point_in_time.altering import (
    NEVER_SEEN_BOOK,
    NEW_PERSON_ID,
    Frames,
    Known,
    all_later_altered,
    all_later_deleted,
    results_added,
    results_changed,
    seen_altered,
    write_frames,
)
from nba_props_tests.point_in_time.building import (
    SUMMARIES,
    SqlOf,
    build,
    build_features,
    build_history,
    build_results,
    build_slate,
    copy_of,
    everything_learned,
    frame,
    import_archive,
    open_home,
)
from nba_props_tests.point_in_time.comparing import Snapshot, content_between, content_of, differences, snapshot
from nba_props_tests.point_in_time.conftest import DAY, Built

FORCED = Request(is_forced=True)

Alteration = Callable[[Frames, Known], Frames]


@pytest.fixture(autouse=True)
def _as_the_slate_was_built() -> Iterator[None]:
    with everything_learned():
        yield


def from_scratch(built: Built, alteration: Alteration, directory: Path) -> Snapshot:
    platform = open_home(directory / "home")
    import_archive(platform, write_frames(alteration(built.frames, built.known), directory / "altered"))
    build_history(platform, built.known.day)
    return snapshot(platform, built.known.day, built.games, build_slate(platform, built.known.day))


def over_the_old(built: Built, alteration: Alteration, directory: Path) -> Platform:
    """The home in which the slate was built, with the altered archive imported on top."""
    platform = copy_of(built.platform, directory / "home")
    import_archive(platform, write_frames(alteration(built.frames, built.known), directory / "altered"))
    build_results(platform)
    return platform


# -- the leak test ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alteration", [all_later_deleted, all_later_altered])
def test_another_future_gives_the_same_slate(built: Built, alteration: Alteration, tmp_path: Path) -> None:
    assert differences(built.snapshot, from_scratch(built, alteration, tmp_path)) == []


@pytest.mark.whole
def test_importing_another_future_and_forcing_the_slate_changes_nothing(built: Built, tmp_path: Path) -> None:
    platform = over_the_old(built, all_later_altered, tmp_path)
    staged = build_slate(platform, DAY, FORCED, run_id="again")
    assert differences(built.snapshot, snapshot(platform, DAY, built.games, staged)) == []


@pytest.mark.whole
@pytest.mark.parametrize("alteration", [results_changed, results_added, seen_altered])
def test_no_single_kind_of_hindsight_changes_a_feature(built: Built, alteration: Alteration, tmp_path: Path) -> None:
    """One kind could hide another where all come together."""
    platform = over_the_old(built, alteration, tmp_path)
    build_features(platform, DAY, DAY)
    again = snapshot(platform, DAY, built.games, {})
    assert differences({name: built.snapshot[name] for name in again}, again) == []


def test_the_slate_is_worth_comparing(built: Built) -> None:
    """Every system answers, books quote, reports are in, every kind of model serves, and a game has no known tip."""
    active = built.snapshot["active predictions"].to_pandas()
    players = active.groupby("system_id")["universal_player_id"].nunique()
    assert set(players.index) == set(SYSTEM_IDS)
    assert players.min() >= 20
    assert active["has_prop_line"].any()
    assert set(active["model_id"].dropna()) == {f"{kind.name}/2025-11" for kind in MODEL_KINDS if kind.name in MEMBERS}
    assert active["calibration_id"].str.startswith("calibration@").all()
    ensemble = active[active["system_id"] == ENSEMBLE]
    assert set(",".join(ensemble["contributing_systems"]).split(",")) <= set(MEMBERS)
    assert ensemble["missing_systems"].isna().any()
    minutes = active[active["system_id"] == "minutes_rate_v1"]
    assert (minutes["vacated_minutes"] > 0).any()
    assert minutes["absent_teammates"].notna().any()
    assert active["injury_status"].notna().any()
    assert {"tip_minus_30", "noon_bound"} == set(built.known.as_of["as_of_basis"])
    assert len(built.known.later_quotes) > 20


def test_the_models_are_worth_comparing(built: Built) -> None:
    """Each was trained, the trees with twins, and every spread, anchor and weight was learned and is no default."""
    for kind in MODEL_KINDS:
        manifest = json.loads(built.snapshot[f"{kind.name} manifest"])
        assert manifest["training_rows"] > 300
        assert kind.train is None or any(name.startswith("validation_") for name in manifest["files"])
    fitted = json.loads(built.snapshot["calibration calibration.json"])
    assert set(fitted["systems"]) == set(SYSTEM_IDS)
    for system, said in fitted["systems"].items():
        assert said["spread"]["version"] == f"{system}_spread"
        assert said["anchor"]["rows"] > 0
    assert set(fitted["weights"]) == set(MEMBERS)
    assert len(set(fitted["weights"].values())) > 1


# -- the counter-tests ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_futures(built: Built, tmp_path_factory: pytest.TempPathFactory) -> tuple[Platform, Platform]:
    """The home as built, results of the slate's own date included, and the same with another future."""
    directory = tmp_path_factory.mktemp("futures")
    one, other = copy_of(built.platform, directory / "as_built"), over_the_old(built, all_later_altered, directory)
    build_features(other, DAY, DAY)
    return one, other


def test_the_other_future_is_let_in(built: Built, two_futures: tuple[Platform, Platform]) -> None:
    """Altered rows that the border refused would prove nothing."""
    one, other = (
        frame(
            platform,
            "SELECT game_id, universal_player_id, team_abbr, points FROM nba_analytics.player_game_summary"
            " WHERE game_date = @start_date AND participation = 'played'",
            start_date=DAY,
        )
        for platform in two_futures
    )
    tonight = one.merge(other, on=["game_id", "universal_player_id"], suffixes=("", "_other"))
    assert len(tonight) > 0.9 * len(one)
    assert (tonight["points"] != tonight["points_other"]).mean() > 0.8
    assert 0.3 < (tonight["team_abbr"] != tonight["team_abbr_other"]).mean() < 0.7
    assert (other["points"] == 60).sum() >= len(built.known.tonight)
    newcomers = other["universal_player_id"].str.removeprefix("nba_").astype(int) >= NEW_PERSON_ID
    assert newcomers.sum() == len(built.known.tonight)
    later = frame(
        two_futures[1],
        "SELECT bookmaker, player_name, line FROM nba_raw.player_points_quotes WHERE game_date = @start_date AND line > 30",
        start_date=DAY,
    )
    assert set(later["player_name"]) >= set(built.known.tonight["player_name"])
    assert NEVER_SEEN_BOOK in set(later["bookmaker"])
    reported = frame(
        two_futures[1],
        "SELECT player_name FROM nba_raw.injury_reports WHERE game_date = @start_date AND injury_status = 'out'",
        start_date=DAY,
    )
    assert set(reported["player_name"]) >= set(built.known.tonight["player_name"])


@dataclass(frozen=True)
class Window:
    """A table whose SQL bounds what it reads, and the texts that make a bound a hair wider (or take it away)."""

    table_name: str
    changes: tuple[tuple[str, str], ...]

    @property
    def table(self) -> Table:
        return table(self.table_name)

    def leaky(self, one: Table) -> str:
        """The tables' SQL with this window open; a text that is no longer there means that the counter-test has rotted."""
        text = read_sql(one)
        for old, new in self.changes if one is self.table else ():
            assert old in text, f"{self.table_name} no longer says {old!r}"
            text = text.replace(old, new)
        return text


def inclusive(table_name: str, *bounds: str) -> Window:
    """`<` becomes `<=`, the predecessor's own leak."""
    both = ("game_date < @end_date", *bounds)
    return Window(table_name, tuple((text, text.replace("<", "<=")) for text in both))


CONTEXT = "nba_analytics.upcoming_player_game_context"
TEAMS = "nba_analytics.upcoming_team_game_context"
FORM = inclusive("nba_precompute.player_daily_cache", "h.game_date < s.game_date")
TOMORROW = "date_add({}, interval 1 day)"
WINDOWS = {
    "form": FORM,
    "zones": inclusive("nba_precompute.player_shot_zone_analysis", "h.game_date < s.game_date"),
    "defence": inclusive("nba_precompute.team_defense_zone_analysis", "f.game_date < s.game_date"),
    "league average": inclusive("nba_precompute.team_defense_zone_analysis", "f.game_date < d.game_date"),
    "wins": inclusive(TEAMS, "o.game_date < s.game_date"),
    "pace": inclusive(TEAMS, "o.game_date < d.game_date"),
    "ratings": inclusive(TEAMS, "f.game_date < d.game_date"),
    "minutes": inclusive(CONTEXT, "h.game_date < o.game_date"),
    "quotes at as_of": Window(CONTEXT, (("p.snapshot_at < g.as_of_at", "p.snapshot_at <= g.as_of_at"),)),
    "quotes unbounded": Window(CONTEXT, (("where p.snapshot_at < g.as_of_at", ""),)),
    "injury reports": Window(CONTEXT, (("i.injury_reported_at < o.as_of_at", "i.injury_reported_at <= o.as_of_at"),)),
    "tips told by quotes": Window("nba_analytics.line_prices", (("and snapshot_at < noon_at", ""),)),
    "rosters": Window(
        "nba_raw.team_rosters",
        (
            ("roster_date <= @end_date", f"roster_date <= {TOMORROW.format('@end_date')}"),
            ("s.roster_date <= d.roster_date and", f"s.roster_date <= {TOMORROW.format('d.roster_date')} and"),
        ),
    ),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_the_comparison_sees_an_open_window(built: Built, two_futures: tuple[Platform, Platform], name: str) -> None:
    window = WINDOWS[name]

    def contents(sql_of: SqlOf) -> list[Snapshot]:
        found: list[Snapshot] = []
        for platform in two_futures:
            build(platform, window.table, DAY, DAY, Request(), sql_of)
            found.append({name: content_of(platform, window.table, DAY, built.games)})
        return found

    assert differences(*contents(window.leaky)) != []
    assert differences(*contents(read_sql)) == []


UNMOVED = {
    *("game_date", "game_id", "universal_player_id"),
    *("points_avg_previous_season", "has_previous_season_in_last_5", "has_previous_season_in_last_10"),
}
"""Of the form, what a game of this season cannot change."""


def test_an_inclusive_window_reaches_every_number_of_the_form(
    built: Built, two_futures: tuple[Platform, Platform]
) -> None:
    """Averages, weights, minutes, starts and what teammates' absences left him: all of it stands behind one bound."""
    contents = []
    for platform in two_futures:
        build(platform, FORM.table, DAY, DAY, Request(), FORM.leaky)
        contents.append(content_of(platform, FORM.table, DAY, built.games))
        build(platform, FORM.table, DAY, DAY, Request())
    one, other = contents
    moved = {name for name in one.column_names if not one[name].equals(other[name])}
    assert set(FORM.table.column_names) - moved == UNMOVED


MISSED = inclusive(FORM.table_name, "t.game_date < e.slate_date")


def test_the_comparison_sees_that_tonight_was_counted_as_missed(
    built: Built, two_futures: tuple[Platform, Platform], tmp_path: Path
) -> None:
    """That a team plays tonight is the same in every future but the one in which nobody has played yet."""
    unplayed = copy_of(built.platform, tmp_path / "unplayed")
    for one in SUMMARIES:
        unplayed.warehouse.delete(one, "game_date >= @start_date", {"start_date": DAY})

    def contents(sql_of: SqlOf) -> list[Snapshot]:
        found: list[Snapshot] = []
        for platform in (two_futures[0], unplayed):
            build(platform, MISSED.table, DAY, DAY, Request(), sql_of)
            found.append({"form": content_of(platform, MISSED.table, DAY, built.games)})
        return found

    assert "team_games_missed" in differences(*contents(MISSED.leaky))[0]
    assert differences(*contents(read_sql)) == []


ABSENCES = Window(
    "nba_analytics.team_absence_game_summary",
    (("h.game_date < s.game_date", "h.game_date <= date_add(s.game_date, interval 7 day)"),),
)
"""Who usually plays is judged by the games before each game. A week wider, because who plays in a game is not absent from it."""


def test_the_comparison_sees_usual_minutes_that_come_from_later_games(two_futures: tuple[Platform, Platform]) -> None:
    """Summaries are built over ranges: of one that reaches past the slate, the games before it must not know of it."""
    first, before, last = DAY - timedelta(days=7), DAY - timedelta(days=1), DAY + timedelta(days=2)

    def contents(sql_of: SqlOf) -> list[Snapshot]:
        found: list[Snapshot] = []
        for platform in two_futures:
            build(platform, ABSENCES.table, first, last, Request(), sql_of)
            found.append({ABSENCES.table_name: content_between(platform, ABSENCES.table, first, before)})
        return found

    assert differences(*contents(ABSENCES.leaky)) != []
    assert differences(*contents(read_sql)) == []


@pytest.mark.whole
def test_an_inclusive_window_reaches_every_prediction_system(
    two_futures: tuple[Platform, Platform], tmp_path: Path
) -> None:
    homes = [copy_of(platform, tmp_path / str(number)) for number, platform in enumerate(two_futures)]
    one, other = (build_slate(home, DAY, Request(), FORM.leaky) for home in homes)
    assert set(one) == set(SYSTEM_IDS)
    for system in SYSTEM_IDS:
        assert not one[system]["prediction_id"].equals(other[system]["prediction_id"])


@pytest.mark.whole
@pytest.mark.parametrize("kind", MODEL_KINDS, ids=lambda kind: kind.name)
def test_a_training_window_that_reaches_into_the_month_is_seen(
    kind: ModelKind, two_futures: tuple[Platform, Platform], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is learned, and the bytes, are others; but for twins, which see nothing of the window's end, wherever it is."""
    month = month_start(DAY)
    homes = [copy_of(platform, tmp_path / str(number)) for number, platform in enumerate(two_futures)]
    start, end = domain_models.training_window(month)

    def trained(last: date) -> list[Manifest]:
        for module in (models, domain_models):
            monkeypatch.setattr(module, "training_window", lambda _: (start, last))
        found = [models.train_month("leak", platform, kind, month).manifest for platform in homes]
        return [one for one in found if one is not None]

    one, other = trained(DAY)
    assert one.training_hash != other.training_hash
    assert [name for name in one.files if one.files[name] == other.files[name]] == [
        name for name in one.files if name.startswith(domain_models.TWIN)
    ]
    one, other = trained(end)
    assert one == other
