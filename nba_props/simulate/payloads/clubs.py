"""What sources say of a team beyond its code: ids of each of them, city and nickname, conference and division."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nba_props.io.sources.teams import TEAM_NAMES
from nba_props.simulate.people import TRICODES, words


@dataclass(frozen=True)
class Club:
    """A team. `nba_id` counts from 1610612736; `espn_id` and `balldontlie_id` are those sources' own."""

    code: str
    nba_id: int
    espn_id: int
    balldontlie_id: int
    city: str
    nickname: str
    conference: str
    division: str
    espn_code: str
    basketball_reference_code: str

    @property
    def name(self) -> str:
        """Full name: Boston Celtics."""
        return f"{self.city} {self.nickname}"

    @property
    def short_city(self) -> str:
        """The city as the league itself writes it, which shortens one of its two teams of Los Angeles."""
        return "LA" if self.code == "LAC" else self.city

    @property
    def league_name(self) -> str:
        """Full name as the league writes it: LA Clippers."""
        return f"{self.short_city} {self.nickname}"

    @property
    def slug(self) -> str:
        """The NBA's word for it in addresses."""
        return self.nickname.lower().replace(" ", "")


_FIRST_NBA_ID = 1610612736
_TWO_WORD_NICKNAMES = ("Trail Blazers",)
_ESPN_CODES = {"GSW": "GS", "NYK": "NY", "SAS": "SA", "NOP": "NO", "UTA": "UTAH", "WAS": "WSH"}
_BASKETBALL_REFERENCE_CODES = {"BKN": "BRK", "CHA": "CHO", "PHX": "PHO"}
_DIVISIONS = {
    ("East", "Atlantic"): "BOS BKN NYK PHI TOR",
    ("East", "Central"): "CHI CLE DET IND MIL",
    ("East", "Southeast"): "ATL CHA MIA ORL WAS",
    ("West", "Northwest"): "DEN MIN OKC POR UTA",
    ("West", "Pacific"): "GSW LAC LAL PHX SAC",
    ("West", "Southwest"): "DAL HOU MEM NOP SAS",
}
_IN_ORDER_OF_NBA_ID = words(
    "ATL BOS CLE NOP CHI DAL DEN GSW HOU LAC LAL MIA MIL MIN BKN "
    "NYK ORL IND PHI PHX POR SAC SAS OKC TOR UTA MEM WAS DET CHA"
)
_IN_ORDER_OF_ESPN_ID = words(
    "ATL BOS NOP CHI CLE DAL DEN DET GSW HOU IND LAC LAL MIA MIL "
    "MIN BKN NYK ORL PHI PHX POR SAC SAS OKC UTA WAS TOR MEM CHA"
)
_IN_ORDER_OF_BALLDONTLIE_ID = TRICODES


def _club(code: str, name: str) -> Club:
    nickname = next((words for words in _TWO_WORD_NICKNAMES if name.endswith(words)), name.split()[-1])
    conference, division = next(place for place, codes in _DIVISIONS.items() if code in words(codes))
    return Club(
        code=code,
        nba_id=_FIRST_NBA_ID + 1 + _IN_ORDER_OF_NBA_ID.index(code),
        espn_id=1 + _IN_ORDER_OF_ESPN_ID.index(code),
        balldontlie_id=1 + _IN_ORDER_OF_BALLDONTLIE_ID.index(code),
        city=name.removesuffix(nickname).strip(),
        nickname=nickname,
        conference=conference,
        division=division,
        espn_code=_ESPN_CODES.get(code, code),
        basketball_reference_code=_BASKETBALL_REFERENCE_CODES.get(code, code),
    )


CLUBS: Final[Mapping[str, Club]] = {code: _club(code, name) for code, name in TEAM_NAMES.items()}
"""Every team by its code."""
