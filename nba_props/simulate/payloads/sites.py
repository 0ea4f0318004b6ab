"""Every source of the simulated league, by the name under which it is asked."""

from collections.abc import Mapping
from typing import Final

from nba_props.io.sources.live.contract import Source
from nba_props.simulate.payloads import (
    balldontlie,
    basketball_reference,
    bettingpros,
    espn,
    injury_report,
    nba_stats,
    odds_api,
)
from nba_props.simulate.payloads.exchange import Site

SITES: Final[Mapping[Source, Site]] = {
    Source.NBA_STATS: nba_stats.SITE,
    Source.BALLDONTLIE: balldontlie.SITE,
    Source.ESPN: espn.SITE,
    Source.BASKETBALL_REFERENCE: basketball_reference.SITE,
    Source.ODDS_API: odds_api.SITE,
    Source.BETTINGPROS: bettingpros.SITE,
    Source.INJURY_REPORT: injury_report.SITE,
}
