"""What is true of every simulated league, whatever its seed and size."""

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_props.simulate.league import League, LeagueConfig, simulate_league

ROSTER_SIZE = 15

small_leagues = st.builds(
    LeagueConfig,
    seed=st.integers(0, 2**32),
    start=st.dates(date(2015, 10, 20), date(2027, 3, 1)),
    days=st.integers(1, 12),
    teams=st.integers(2, 8),
    trades=st.integers(0, 4),
    quote_days=st.none() | st.integers(0, 12),
).map(simulate_league)


def box_scores_add_up(league: League) -> None:
    box = league.player_box
    assert (box["pts"] == 2 * (box["fgm"] - box["fg3m"]) + 3 * box["fg3m"] + box["ftm"]).all()
    assert (box["reb"] == box["oreb"] + box["dreb"]).all()
    for made, attempted in (("fgm", "fga"), ("fg3m", "fg3a"), ("ftm", "fta"), ("fg3m", "fgm"), ("fg3a", "fga")):
        assert (box[made] <= box[attempted]).all()
    for kind, three in (("fgm", "fg3m"), ("fga", "fg3a")):
        assert (box[f"{kind}_paint"] + box[f"{kind}_mid"] + box[three] == box[kind]).all()
    counts = box.select_dtypes("Int16").drop(columns="plus_minus")
    assert (counts >= 0).all(axis=None)
    assert box["minutes"].between(0, 48).all()
    assert (box["pf"] <= 6).all()


def teams_add_up(league: League) -> None:
    games = league.games.set_index("game_id")
    sides = league.player_box.groupby(["game_id", "is_home"])
    totals = sides.agg(pts=("pts", "sum"), minutes=("minutes", "sum"), plus_minus=("plus_minus", "sum"))
    by_venue = totals["pts"].unstack()
    assert (by_venue[True] == games["home_pts"]).all()
    assert (by_venue[False] == games["away_pts"]).all()
    assert (games["home_pts"] != games["away_pts"]).all()
    assert (games["margin"] == games["home_pts"] - games["away_pts"]).all()
    assert (games["total_pts"] == games["home_pts"] + games["away_pts"]).all()
    assert np.allclose(totals["minutes"], 240)
    assert (sides["started"].sum() == 5).all()
    margin = games["margin"].to_numpy(dtype=int)
    assert (totals["plus_minus"].unstack()[True].to_numpy(dtype=int) == 5 * margin).all()
    won = league.player_box.groupby(["game_id", "is_home"])["win"].agg(["min", "max"])
    assert (won["min"] == won["max"]).all()
    assert (won["min"].unstack()[True] == (games["margin"] > 0)).all()


def schedule_is_playable(league: League) -> None:
    games = league.games
    assert games["game_id"].is_unique
    assert games["game_id"].str.fullmatch(r"002\d{7}").all()
    assert (games["home_abbr"] != games["away_abbr"]).all()
    sides = pd.concat([games[["game_date", f"{side}_abbr"]].set_axis(["day", "team"], axis=1) for side in HOME_AWAY])
    assert not sides.duplicated().any()
    for _, days in sides.groupby("team")["day"]:
        consecutive = days.sort_values().diff().dt.days.eq(1)
        assert not (consecutive & consecutive.shift(fill_value=False)).any()
    tips = games.dropna(subset="tip_utc")
    eastern = tips["tip_utc"].dt.tz_convert("America/New_York")
    assert (eastern.dt.tz_localize(None).dt.normalize() == tips["game_date"]).all()
    assert (eastern.dt.hour >= 12).all()


HOME_AWAY = ("home", "away")


def everybody_is_accounted_for(league: League) -> None:
    """Box rows and did-not-play rows together are exactly the morning's rosters of the teams that play."""
    key = ["game_date", "team_abbr", "player_id"]
    seen = pd.concat([league.player_box[key], league.dnp[key]])
    assert not seen.duplicated().any()
    rosters = league.rosters.rename(columns={"roster_date": "game_date"})
    assert (rosters.groupby(["game_date", "team_abbr"]).size() == ROSTER_SIZE).all()
    assert not rosters.duplicated(["game_date", "player_id"]).any()
    playing = rosters.merge(seen[["game_date", "team_abbr"]].drop_duplicates())
    assert len(playing) == len(seen)
    assert len(playing.merge(seen, on=key)) == len(seen)
    assert set(seen["player_id"]) <= set(league.players["player_id"])
    assert len(league.truth) == len(seen)


def reports_come_before_tip(league: League) -> None:
    reports = league.injuries.merge(_tips(league), on=["game_date", "team_abbr"])
    assert len(reports) == len(league.injuries)
    assert (reports["reported_utc"] < reports["tip_utc"].fillna(pd.Timestamp.max.tz_localize("UTC"))).all()
    assert set(reports["status"]) <= {"Available", "Probable", "Questionable", "Doubtful", "Out"}


def _tips(league: League) -> pd.DataFrame:
    sides = [
        league.games.rename(columns={f"{side}_abbr": "team_abbr"})[["game_date", "team_abbr", "tip_utc"]]
        for side in HOME_AWAY
    ]
    return pd.concat(sides)


def quotes_are_priced(league: League) -> None:
    quotes = league.points_lines
    assert ((quotes["line"] * 2) % 1 == 0).all()
    assert (quotes["line"] > 0).all()
    books = quotes[quotes["bookmaker"] != "prizepicks"]
    vig = implied(books["over_price"]) + implied(books["under_price"]) - 1
    assert vig.between(0.04, 0.07).all()
    assert (books["line"] % 1 == 0.5).all()
    dfs = quotes[quotes["bookmaker"] == "prizepicks"]
    assert (dfs[["over_price", "under_price"]] == -137).all(axis=None)
    known = quotes.dropna(subset=["pre_tip"])
    assert ((known["snapshot_utc"] < known["tip_utc"]) == known["pre_tip"]).all()
    no_tip = quotes[quotes["tip_utc"].isna()]
    assert no_tip[["pre_tip", "event_id", "home_abbr", "away_abbr"]].isna().all(axis=None)


def implied(price: pd.Series) -> pd.Series:
    price = price.astype(float)
    return (-price / (100 - price)).where(price < 0, 100 / (100 + price))


@settings(max_examples=40, deadline=None)
@given(small_leagues)
def test_every_league_obeys_the_identities_of_the_game(league: League) -> None:
    box_scores_add_up(league)
    teams_add_up(league)
    schedule_is_playable(league)
    everybody_is_accounted_for(league)
    reports_come_before_tip(league)
    quotes_are_priced(league)
