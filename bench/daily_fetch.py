"""How long a daily fetch takes at the sources' real pace, all at once and one after the other, against simulated sources.

    python bench/daily_fetch.py

Prints seconds by source, their sum, and the seconds of the fetch. Thirty teams, a slate on the evening before its first tip,
nothing landed before. Sources answer at once here: what is measured is the pauses that their manners ask for.
"""

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from nba_props.fetch import fetch_day
from nba_props.platform import Platform
from nba_props.prepare import prepare
from nba_props.settings import load_settings
from nba_props.simulate.league import LeagueConfig, simulate_league
from nba_props.simulate.server import SimulatedSources

LEAGUE = LeagueConfig(start=date(2025, 11, 17), days=6)
KEYS = dict.fromkeys(("balldontlie_api_key", "odds_api_key", "bettingpros_api_key"), "a-key-of-nobody")


def main() -> None:
    league = simulate_league(LEAGUE)
    slate = league.game_dates[-1]
    tips = league.games.loc[league.games["game_date"].dt.date == slate, "tip_utc"]
    evening = tips.min().to_pydatetime() - timedelta(hours=1)
    with tempfile.TemporaryDirectory() as directory, SimulatedSources(league, evening) as sources:
        settings = load_settings(home=Path(directory), now=evening, sources_url=sources.url, source_pace=1.0, **KEYS)
        platform = Platform(settings)
        prepare(platform)
        for title, day in (("last night", league.game_dates[-2]), ("tonight", slate)):
            began = time.monotonic()
            found = fetch_day(platform, day)
            seconds = time.monotonic() - began
            print(f"{title}, {day}")
            for one in found.reports:
                print(f"  {one.source:22}{one.state:10}{one.asked:5} requests{one.seconds:8.1f} s")
            print(
                f"  one after the other {sum(one.seconds for one in found.reports):.1f} s, all at once {seconds:.1f} s"
            )


if __name__ == "__main__":
    main()
