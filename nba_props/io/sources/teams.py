"""The league's teams as sources write them: codes and full names become the one code here, and nowhere else."""

from collections.abc import Mapping
from typing import Final

TEAM_NAMES: Final[Mapping[str, str]] = {
    "ATL": "Atlanta Hawks",
    "BKN": "Brooklyn Nets",
    "BOS": "Boston Celtics",
    "CHA": "Charlotte Hornets",
    "CHI": "Chicago Bulls",
    "CLE": "Cleveland Cavaliers",
    "DAL": "Dallas Mavericks",
    "DEN": "Denver Nuggets",
    "DET": "Detroit Pistons",
    "GSW": "Golden State Warriors",
    "HOU": "Houston Rockets",
    "IND": "Indiana Pacers",
    "LAC": "Los Angeles Clippers",
    "LAL": "Los Angeles Lakers",
    "MEM": "Memphis Grizzlies",
    "MIA": "Miami Heat",
    "MIL": "Milwaukee Bucks",
    "MIN": "Minnesota Timberwolves",
    "NOP": "New Orleans Pelicans",
    "NYK": "New York Knicks",
    "OKC": "Oklahoma City Thunder",
    "ORL": "Orlando Magic",
    "PHI": "Philadelphia 76ers",
    "PHX": "Phoenix Suns",
    "POR": "Portland Trail Blazers",
    "SAC": "Sacramento Kings",
    "SAS": "San Antonio Spurs",
    "TOR": "Toronto Raptors",
    "UTA": "Utah Jazz",
    "WAS": "Washington Wizards",
}
"""Full name by code."""

TEAMS: Final[tuple[str, ...]] = tuple(TEAM_NAMES)

_ESPN_CODES = {"GS": "GSW", "NY": "NYK", "SA": "SAS", "NO": "NOP", "UTAH": "UTA", "WSH": "WAS"}
_BASKETBALL_REFERENCE_CODES = {"BRK": "BKN", "CHO": "CHA", "PHO": "PHX"}
# Former codes of what the NBA counts as the same franchise.
_FORMER_CODES = {"NJN": "BKN", "NOH": "NOP", "NOK": "NOP", "SEA": "OKC", "VAN": "MEM", "CHH": "CHA"}
_OTHER_NAMES = {"LA Clippers": "LAC", "LA Lakers": "LAL"}

TEAM_SPELLINGS: Final[Mapping[str, str]] = {
    **{code: code for code in TEAMS},
    **_ESPN_CODES,
    **_BASKETBALL_REFERENCE_CODES,
    **_FORMER_CODES,
    **{name: code for code, name in TEAM_NAMES.items()},
    **_OTHER_NAMES,
}
"""Every spelling that is understood, codes and full names, with the code it stands for."""

_CODE_OF = {spelling.casefold(): code for spelling, code in TEAM_SPELLINGS.items()}


def team_code(spelling: str) -> str | None:
    """The code of a team as a source writes it (case and outer spaces do not matter); None for what is no NBA team."""
    return _CODE_OF.get(spelling.strip().casefold())
