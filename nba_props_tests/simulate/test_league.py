"""The full league: its determinism, its traps, its truth, and what a slate knows of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from nba_props.errors import BadInput, SchemaMismatch, StorageFault
from nba_props.simulate.archive import SCHEMAS, SHOT_ZONES, conform
from nba_props.simulate.availability import draw_availability, team_games
from nba_props.simulate.league import League, LeagueConfig, simulate_league, write_archive
from nba_props.simulate.people import INITIALLED, LOOK_ALIKE, MONONYM, NAMESAKE, draw_people
from nba_props.simulate.play import play_games
from nba_props.simulate.quotes import UNKNOWN_PERSON
from nba_props.simulate.schedule import draw_rosters, draw_schedule
from nba_props.simulate.spelling import initial_form, with_cyrillic_o, without_accents, without_suffix

SMALL = LeagueConfig(days=12, teams=6, trades=1)
REAL_ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "history"


@pytest.fixture(scope="module")
def league() -> League:
    return simulate_league(LeagueConfig())


@pytest.fixture(scope="module")
def played(league: League) -> pd.DataFrame:
    """Box rows beside their truth."""
    merged = league.player_box.merge(league.truth, on=["game_id", "player_id"], validate="1:1")
    return merged.assign(residual=(merged["pts"] - merged["expected_points"]).astype(float))


class TestDeterminism:
    def test_the_same_seed_writes_the_same_bytes(self, tmp_path: Path) -> None:
        for run in ("first", "second"):
            write_archive(simulate_league(SMALL), tmp_path / run)
        for name in SCHEMAS:
            first, second = ((tmp_path / run / f"{name}.parquet").read_bytes() for run in ("first", "second"))
            assert first == second, name

    def test_another_seed_is_another_league(self) -> None:
        one, other = simulate_league(SMALL), simulate_league(replace(SMALL, seed=8))
        assert not one.player_box["pts"].equals(other.player_box["pts"])
        assert not one.players["player_name"].equals(other.players["player_name"])

    def test_fewer_quotes_leave_the_games_alone(self) -> None:
        every, few = simulate_league(SMALL), simulate_league(replace(SMALL, quote_days=3))
        pd.testing.assert_frame_equal(every.player_box, few.player_box)
        first_quoted = pd.Timestamp(SMALL.last - timedelta(days=2))
        assert few.points_lines["game_date"].min() >= first_quoted
        assert len(few.points_lines) < len(every.points_lines)


class TestConfig:
    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"days": 0}, "days"),
            ({"teams": 1}, "teams"),
            ({"teams": 31}, "teams"),
            ({"seed": -1}, "seed"),
            ({"trades": -1}, "trades"),
            ({"quote_days": -1}, "quote_days"),
            ({"season": "2025"}, "season"),
            ({"season": "2025-27"}, "season"),
            ({"trap_date": date(2024, 1, 1)}, "trap_date"),
        ],
    )
    def test_an_impossible_league_is_refused_by_the_fields_name(self, change: dict[str, Any], named: str) -> None:
        with pytest.raises(BadInput, match=named):
            replace(SMALL, **change)


class TestSchedule:
    def test_a_date_has_five_to_nine_games_and_some_dates_have_none(self, league: League) -> None:
        sizes = league.games.groupby("game_date").size()
        assert sizes.between(5, 9).all()
        all_dates = {league.config.start + timedelta(days=offset) for offset in range(league.config.days)}
        assert 2 <= len(all_dates - set(league.game_dates)) <= 8

    def test_teams_play_back_to_backs_and_about_as_often_as_each_other(self, league: League) -> None:
        days = league.player_box.drop_duplicates(["game_date", "team_abbr"]).groupby("team_abbr")["game_date"]
        back_to_back = days.apply(lambda dates: dates.sort_values().diff().dt.days.eq(1).mean())
        assert 0.05 < back_to_back.mean() < 0.25
        assert days.size().max() - days.size().min() <= 5

    def test_most_tips_are_known_and_many_fall_after_midnight_utc(self, league: League) -> None:
        tips = league.games["tip_utc"]
        assert 0 < tips.isna().mean() < 0.1
        utc_dates = tips.dropna().dt.tz_localize(None).dt.normalize()
        assert (utc_dates > league.games["game_date"][tips.notna()]).mean() > 0.5

    def test_the_spread_favours_who_then_wins(self, league: League) -> None:
        games = league.games.dropna(subset="home_spread")
        assert np.corrcoef(-games["home_spread"], games["margin"].astype(float))[0, 1] > 0.15


class TestPeople:
    def test_names_carry_the_traps_of_real_ones(self, league: League) -> None:
        names = league.players["player_name"]
        assert names.str.endswith(" Jr.").any()
        assert names.str.endswith(" III").any()
        assert (names != names.map(without_accents)).sum() >= 3
        assert MONONYM in set(names)
        assert names.str.contains("'").any()
        assert names.str.contains("-").any()
        assert set(names[names.duplicated(keep=False)]) == {NAMESAKE}

    def test_namesakes_never_share_a_team(self, league: League) -> None:
        namesakes = league.rosters[league.rosters["player_name"] == NAMESAKE]
        assert namesakes["player_id"].nunique() == 2
        assert not namesakes.duplicated(["roster_date", "team_abbr"]).any()

    def test_ids_are_stable_from_seed_to_seed(self, league: League) -> None:
        other = simulate_league(LeagueConfig(seed=8, days=1))
        assert other.players["player_id"].equals(league.players["player_id"])

    def test_a_traded_player_is_on_one_team_each_morning_and_plays_for_it(self, league: League) -> None:
        teams = league.rosters.groupby("player_id")["team_abbr"].nunique()
        traded = teams[teams > 1].index
        assert 2 <= len(traded) <= 2 * league.config.trades
        box = league.player_box[league.player_box["player_id"].isin(traded)]
        assert (box.groupby("player_id")["team_abbr"].nunique() == 2).any()


class TestInjuries:
    def test_players_miss_spans_of_games(self, league: League) -> None:
        out = league.dnp[league.dnp["comment"] == "DNP - Injury/Illness"]
        share = len(out) / len(league.truth)
        assert 0.04 < share < 0.2
        assert out.groupby("player_id").size().max() >= 5

    def test_reports_come_in_several_snapshots_and_change(self, league: League) -> None:
        per_game = league.injuries.groupby(["game_date", "team_abbr", "player_name"])
        assert per_game["reported_utc"].nunique().max() == 4
        assert (per_game["status"].nunique() > 1).sum() > 50

    def test_who_is_last_reported_out_does_not_play_and_gets_a_did_not_play_row(self, league: League) -> None:
        key = ["game_date", "team_abbr", "player_name"]
        last = league.injuries.sort_values("reported_utc").drop_duplicates(key, keep="last")
        out = last[last["status"] == "Out"]
        assert out.merge(league.player_box, on=key).empty
        comments = out.merge(league.dnp, on=key, how="left")["comment"]
        assert (comments == "DNP - Injury/Illness").all()

    def test_a_questionable_player_may_or_may_not_play(self, league: League) -> None:
        key = ["game_date", "team_abbr", "player_name"]
        listed = league.injuries[league.injuries["status"] == "Questionable"].drop_duplicates(key)
        played = listed.merge(league.player_box[key], on=key)
        assert 0.2 < len(played) / len(listed) < 0.8


class TestQuotes:
    def test_five_books_quote_several_times_a_day_and_lines_move(self, league: League) -> None:
        quotes = league.points_lines
        assert set(quotes["bookmaker"]) == {"draftkings", "fanduel", "betmgm", "betrivers", "prizepicks"}
        main = quotes[quotes["is_main"]].groupby(["game_date", "player_name", "bookmaker"])
        assert main["snapshot_utc"].nunique().median() >= 3
        assert (main["line"].nunique() > 1).mean() > 0.3
        assert (quotes.loc[~quotes["is_main"], "bookmaker"] == "betrivers").all()
        assert not quotes["is_main"].all()

    def test_only_the_dfs_operator_offers_whole_lines_and_rarely(self, league: League) -> None:
        whole = league.points_lines[league.points_lines["line"] % 1 == 0]
        assert set(whole["bookmaker"]) == {"prizepicks"}
        dfs = league.points_lines["bookmaker"] == "prizepicks"
        assert 0.15 < len(whole) / dfs.sum() < 0.35

    def test_in_play_and_unknown_quotes_are_among_them(self, league: League) -> None:
        pre_tip = league.points_lines["pre_tip"]
        assert 0 < (pre_tip == False).mean() < 0.03  # noqa: E712 (unknown is neither)
        assert 0.03 < pre_tip.isna().mean() < 0.2
        assert league.points_lines["snapshot_utc"].isna().any()

    @pytest.mark.parametrize(
        ("book", "spelling"),
        [
            ("fanduel", "Darnell Whitlow"),
            ("fanduel", "Emre Kilicoglu"),
            ("draftkings", "Luka Perisevic"),
            ("draftkings", "Darnell Whitlow Jr."),
            ("betmgm", "Luka Perišević"),
            ("betrivers", "S. Adeyemi-Grant"),
            ("prizepicks", "C\u043ele Hartm\u043e\u043er"),
        ],
    )
    def test_books_misspell_names_each_in_its_way(self, league: League, book: str, spelling: str) -> None:
        quotes = league.points_lines
        assert ((quotes["bookmaker"] == book) & (quotes["player_name"] == spelling)).any()

    def test_a_combination_and_a_stranger_appear_on_the_trap_date_alone(self, league: League) -> None:
        quotes = league.points_lines
        combos = quotes[quotes["player_name"].str.contains("+", regex=False)]
        strangers = quotes[quotes["player_name"] == UNKNOWN_PERSON]
        assert len(combos) == 1
        assert len(strangers) == 2
        trap = pd.Timestamp(league.game_dates[-1])
        assert (pd.concat([combos, strangers])["game_date"] == trap).all()
        assert UNKNOWN_PERSON not in set(league.players["player_name"])

    def test_the_trap_date_may_be_chosen(self) -> None:
        chosen = simulate_league(SMALL).game_dates[1]
        quotes = simulate_league(replace(SMALL, trap_date=chosen)).points_lines
        trapped = quotes[quotes["player_name"] == UNKNOWN_PERSON]
        assert set(trapped["game_date"]) == {pd.Timestamp(chosen)}

    def test_late_scratches_leave_lines_without_a_box_row(self, league: League) -> None:
        quoted = league.points_lines[league.points_lines["bookmaker"] == "betmgm"]  # spells names officially
        quoted = quoted.drop_duplicates(["game_date", "player_name"])
        key = ["game_date", "player_name"]
        void = quoted.merge(league.dnp[[*key, "comment"]].drop_duplicates(key), on=key)
        assert 0.01 < len(void) / len(quoted) < 0.08
        assert (void["comment"] == "DNP - Injury/Illness").all()

    def test_quotes_stop_when_a_player_is_reported_out(self, league: League) -> None:
        out = league.injuries[league.injuries["status"] == "Out"]
        since = out.groupby(["game_date", "player_name"])["reported_utc"].min().rename("since")
        quoted = league.points_lines.join(since, on=["game_date", "player_name"], how="inner")
        quoted = quoted[quoted["player_name"] != NAMESAKE]
        assert len(quoted) > 100
        assert not (quoted["snapshot_utc"] >= quoted["since"]).any()


class TestTruth:
    def test_results_scatter_around_the_expectation_without_bias(self, played: pd.DataFrame) -> None:
        assert played["would_play"].all()
        assert np.corrcoef(played["expected_points"], played["pts"].astype(float))[0, 1] > 0.7
        bands = played.groupby(pd.cut(played["expected_points"], [0, 4, 8, 12, 16, 20, 50]), observed=True)["residual"]
        assert (bands.mean().abs() < 4 * bands.sem()).all()
        assert abs(played["residual"].mean()) < 0.2
        assert abs((played["minutes"] - played["expected_minutes"]).mean()) < 1e-9

    def test_the_average_of_many_replays_is_the_expectation(self) -> None:
        """The same nights, 400 times: within the standard error of that average and the delta method's own error."""
        config = LeagueConfig(days=4, teams=6)
        people = draw_people(config.seed, config.teams, config.start)
        schedule = draw_schedule(config.seed, config.start, config.days, config.teams)
        namesakes = np.array([], dtype=np.int64)
        sides = team_games(schedule, draw_rosters(config.seed, config.days, config.teams, 0, namesakes))
        availability = draw_availability(config.seed, schedule, sides, people.skills.frailty)
        nights = [play_games(config.seed, sides, people.skills, availability, replay=n) for n in range(400)]
        plan = nights[0].plan
        assert all((night.plan.points == plan.points).all() for night in nights)
        for expected, drawn in (
            (plan.points, np.array([night.counts["pts"] for night in nights])),
            (plan.minutes, np.array([night.minutes for night in nights])),
        ):
            gap = (drawn.mean(axis=0) - expected)[plan.plays]
            error = (drawn.std(axis=0) / np.sqrt(len(nights)))[plan.plays]
            assert (np.abs(gap) < 4.5 * error + 0.02 * expected[plan.plays]).all()
            assert abs(gap.mean()) < 0.05
            assert np.corrcoef(drawn.mean(axis=0)[plan.plays], expected[plan.plays])[0, 1] > 0.998

    def test_points_scatter_more_than_poisson(self, played: pd.DataFrame) -> None:
        around_15 = played[played["expected_points"].between(13, 17)]
        assert 5.5 < around_15["residual"].std() < 7.5

    def test_who_would_not_play_has_no_box_row(self, league: League) -> None:
        idle = league.truth[~league.truth["would_play"]]
        assert idle.merge(league.player_box, on=["game_id", "player_id"]).empty
        scratched = idle[idle["expected_points"] > 0]
        assert 0.005 < len(scratched) / len(league.truth) < 0.05

    def test_the_mornings_truth_knows_no_later_absence(self, league: League) -> None:
        truth = league.truth
        scratched = ~truth["would_play"] & (truth["expected_points"] > 0)
        assert (truth["morning_points"] == truth["expected_points"])[scratched].all()
        game_of = truth["game_id"]
        is_as_expected = ~game_of.isin(game_of[scratched])
        assert (truth["morning_points"] == truth["expected_points"])[is_as_expected].mean() > 0.95
        gained = (truth["expected_points"] - truth["morning_points"])[truth["would_play"] & ~is_as_expected]
        assert gained.mean() > 0.1

    def test_the_line_predicts_well_and_halves_the_results(self, league: League) -> None:
        closing = _closing_lines(league.points_lines, pre_tip=True)
        graded = closing.merge(league.player_box, on=["game_date", "player_name"])
        error = (graded["pts"] - graded["line"]).astype(float)
        assert 4.4 < error.abs().mean() < 5.2
        assert abs((error > 0).mean() - 0.5) < 0.03

    def test_an_in_play_line_knows_too_much(self, league: League) -> None:
        """The reason why a reader must leave it out: it beats what any line before tip can do."""
        in_play = _closing_lines(league.points_lines, pre_tip=False)
        graded = in_play.merge(league.player_box, on=["game_date", "player_name"])
        assert (graded["pts"] - graded["line"]).astype(float).abs().mean() < 3.5


def _closing_lines(quotes: pd.DataFrame, *, pre_tip: bool) -> pd.DataFrame:
    """Last main fanduel line of each player and date (namesakes left out)."""
    chosen = quotes[quotes["is_main"] & (quotes["pre_tip"] == pre_tip) & (quotes["bookmaker"] == "fanduel")]
    chosen = chosen[chosen["player_name"] != NAMESAKE]
    return chosen.drop_duplicates(["game_date", "player_name"], keep="last")[["game_date", "player_name", "line"]]


@pytest.fixture(scope="module")
def small() -> League:
    return simulate_league(LeagueConfig(days=20, teams=12))


class TestUntil:
    def test_no_result_of_the_slate_or_later_is_left(self, small: League) -> None:
        """Change every result and every in-play quote from the slate on: the slate must not notice."""
        day = small.game_dates[10]
        slate = pd.Timestamp(day)
        other = replace(
            small,
            player_box=_shift(small.player_box, small.player_box["game_date"] >= slate, ["pts", "fgm", "minutes"]),
            games=_shift(small.games, small.games["game_date"] >= slate, ["home_pts", "margin", "total_pts"]),
            dnp=small.dnp[small.dnp["game_date"] < slate],
            points_lines=_shift(small.points_lines, _in_play_from(small, slate), ["line", "over_price"]),
            injuries=small.injuries[small.injuries["game_date"] <= slate],
            rosters=small.rosters[small.rosters["roster_date"] <= slate],
            truth=small.truth.drop(index=small.truth.index[small.truth["game_id"].isin(_ids_from(small, slate))]),
        )
        known, known_of_other = small.until(day), other.until(day)
        for name in (*SCHEMAS, "truth"):
            pd.testing.assert_frame_equal(getattr(known, name), getattr(known_of_other, name))

    def test_the_slate_itself_is_there_to_be_predicted(self, small: League) -> None:
        day = small.game_dates[10]
        tonight = small.until(day)
        games = tonight.games[tonight.games["game_date"] == pd.Timestamp(day)]
        assert len(games) > 0
        assert games[["home_pts", "away_pts", "margin", "total_pts"]].isna().all(axis=None)
        assert games["home_spread"].notna().any()
        for frame, column in ((tonight.points_lines, "game_date"), (tonight.rosters, "roster_date")):
            assert frame[column].max() == pd.Timestamp(day)
        quotes = tonight.points_lines[tonight.points_lines["game_date"] == pd.Timestamp(day)]
        assert quotes["pre_tip"].fillna(True).all()
        assert tonight.player_box["game_date"].max() < pd.Timestamp(day)

    def test_later_dates_keep_the_bare_schedule(self, small: League) -> None:
        tonight = small.until(small.game_dates[10])
        later = tonight.games[tonight.games["game_date"] > pd.Timestamp(small.game_dates[10])]
        assert len(tonight.games) == len(small.games)
        assert later[["home_pts", "home_spread", "total_line"]].isna().all(axis=None)

    def test_types_survive_and_the_day_after_the_last_knows_everything(self, small: League) -> None:
        everything = small.until(small.config.last + timedelta(days=1))
        for name, frame in small.frames.items():
            pd.testing.assert_frame_equal(everything.frames[name], frame)
            pd.testing.assert_series_equal(small.until(small.game_dates[3]).frames[name].dtypes, frame.dtypes)

    def test_a_date_outside_the_league_is_refused(self, small: League) -> None:
        with pytest.raises(BadInput, match="outside"):
            small.until(small.config.start - timedelta(days=1))


def _shift(frame: pd.DataFrame, where: pd.Series, columns: list[str]) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[where, columns] += 1
    return frame


def _in_play_from(league: League, slate: pd.Timestamp) -> pd.Series:
    quotes = league.points_lines
    tonight_in_play = (quotes["game_date"] == slate) & ~quotes["pre_tip"].fillna(True)
    assert tonight_in_play.any()
    return (tonight_in_play | (quotes["game_date"] > slate)).astype(bool)


def _ids_from(league: League, slate: pd.Timestamp) -> set[str]:
    return set(league.games.loc[league.games["game_date"] >= slate, "game_id"])


class TestArchive:
    def test_what_is_written_is_read_back(self, small: League, tmp_path: Path) -> None:
        write_archive(small, tmp_path / "archive")
        assert {path.stem for path in (tmp_path / "archive").iterdir()} == set(SCHEMAS)
        for name, frame in small.frames.items():
            path = tmp_path / "archive" / f"{name}.parquet"
            assert pq.read_schema(path).remove_metadata().equals(SCHEMAS[name])
            assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
            pd.testing.assert_frame_equal(pd.read_parquet(path), frame)

    def test_a_slate_can_be_written_too(self, small: League, tmp_path: Path) -> None:
        write_archive(small.until(small.game_dates[0]), tmp_path)
        assert len(pd.read_parquet(tmp_path / "player_box.parquet")) == 0

    def test_a_directory_that_cannot_be_made_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file")
        with pytest.raises(StorageFault, match="taken"):
            write_archive(simulate_league(SMALL), tmp_path / "taken")

    def test_a_missing_column_is_refused_by_name(self) -> None:
        rosters = simulate_league(SMALL).rosters.drop(columns="player_id")
        with pytest.raises(SchemaMismatch, match="player_id"):
            conform("rosters", rosters)

    @pytest.mark.archive
    @pytest.mark.parametrize("name", ["player_box", "games", "points_lines", "players", "dnp"])
    def test_the_files_have_the_real_archives_schema(self, name: str) -> None:
        path = REAL_ARCHIVE / f"{name}.parquet"
        if not path.exists():
            pytest.skip(f"the archive of real data is not at {REAL_ARCHIVE}")
        zones = set(SHOT_ZONES.names)
        simulated = [field for field in SCHEMAS[name] if field.name not in zones]
        assert simulated == list(pq.read_schema(path))

    @pytest.mark.archive
    def test_nobody_bears_a_real_players_name(self, league: League) -> None:
        path = REAL_ARCHIVE / "players.parquet"
        if not path.exists():
            pytest.skip(f"the archive of real data is not at {REAL_ARCHIVE}")
        real = pd.read_parquet(path, columns=["player_id", "player_name"])
        assert not set(real["player_name"]) & set(league.players["player_name"])
        assert not set(real["player_id"]) & set(league.players["player_id"])


@pytest.mark.parametrize(
    ("misspell", "name", "expected"),
    [
        (without_accents, "Emre Kılıçoğlu", "Emre Kilicoglu"),
        (without_accents, "Luka Perišević", "Luka Perisevic"),
        (without_suffix, "Terrence Oakhurst III", "Terrence Oakhurst"),
        (without_suffix, "Cole Hartmoor", "Cole Hartmoor"),
        (initial_form, INITIALLED, "S. Adeyemi-Grant"),
        (with_cyrillic_o, LOOK_ALIKE, "C\u043ele Hartm\u043e\u043er"),
    ],
)
def test_spellings(misspell: Callable[[str], str], name: str, expected: str) -> None:
    assert misspell(name) == expected
