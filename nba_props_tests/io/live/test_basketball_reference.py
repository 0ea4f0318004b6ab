"""Basketball-Reference: thirty roster pages as one batch, pages read however they are served, and none that is another's."""

import random
from datetime import UTC, date, datetime

import pytest

from nba_props.domain.calendar import noon_eastern
from nba_props.io.sources.live.basketball_reference import SOURCE, TEAM_CODES, parse_roster
from nba_props.io.sources.live.contract import Payload, PayloadRejected, Sheet, Source
from nba_props.io.sources.teams import TEAM_SPELLINGS, TEAMS
from nba_props_tests.io.live.mutations import survivors, with_junk
from nba_props_tests.io.live.payload_kit import judged, landed, refusals_of, rows_of

DAY = date(2024, 1, 15)
NOON = datetime(2024, 1, 15, 17, tzinfo=UTC)
HEAD = '<tr><th scope="col" data-stat="number">No.</th><th scope="col" data-stat="player">Player</th></tr>'


# -- invented pages -----------------------------------------------------------------------------------------------------
def a_line(person: str, name: str, *, mark: str = "", is_id_on_cell: bool = True) -> str:
    """A row as the site writes it; a two-way contract is marked after the link."""
    stated = f' data-append-csv="{person}"' if is_id_on_cell else ""
    return (
        f'<tr><th scope="row" class="right" data-stat="number">7</th><td class="left" data-stat="player"{stated}'
        f' csk="x"><a href="/players/{person[0]}/{person}.html">{name}</a>{mark}</td>'
        '<td class="center" data-stat="pos">SG</td><td data-stat="height" csk="78.0">6-6</td>'
        '<td data-stat="weight">220</td><td data-stat="birth_date" csk="19960101">January 1, 1996</td></tr>'
    )


LINES = [a_line(f"invenia{number:02d}", f"Ian Invented{number}") for number in range(1, 7)]


def a_page(*lines: str, title: str = "2023-24 Charlotte Hornets Roster and Stats", is_comment: bool = False) -> str:
    """A team's page: its roster, which may be hidden in a comment, and another table after it."""
    table = f'<table class="sortable" id="roster"><thead>{HEAD}</thead><tbody>{"".join(lines)}</tbody></table>'
    hidden = f'<div id="all_roster"><!--\n{table}\n--></div>' if is_comment else table
    other = '<table id="per_game_stats"><tbody><tr><td data-stat="player">Somebody Else</td></tr></tbody></table>'
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title} | Basketball-Reference.com</title></head>'
        f"<body><!-- a remark -->{hidden}{other}</body></html>"
    )


def page(sent: str | bytes, team: str = "CHA", day: date = DAY) -> Payload:
    body = sent if isinstance(sent, bytes) else sent.encode()
    return landed(Source.BASKETBALL_REFERENCE, "roster", day, body, label=team)


# -- pages --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_comment", [False, True])
def test_a_roster_is_read_whether_shown_or_hidden_in_a_comment(is_comment: bool) -> None:
    parsed = parse_roster(page(a_page(*LINES, is_comment=is_comment)))
    rows = rows_of(parsed, Sheet.ROSTERS)
    assert rows[0] == {
        "roster_date": DAY,
        "team_abbr": "CHA",
        "source_person_id": "invenia01",
        "player_name": "Ian Invented1",
    }
    assert len(rows) == 6
    assert parsed.refused == []
    assert judged(parsed, Sheet.ROSTERS)["refusal"].isna().all()


@pytest.mark.parametrize("mark", ["&nbsp;&nbsp;(TW)", " (TW)", "(TW)"])
def test_the_mark_of_a_two_way_contract_is_no_part_of_a_name(mark: str) -> None:
    parsed = parse_roster(page(a_page(a_line("twowati01", "Tim Twoway", mark=mark), *LINES)))
    assert rows_of(parsed, Sheet.ROSTERS)[0]["player_name"] == "Tim Twoway"


@pytest.mark.parametrize("name", ["Žan Izmišljeni", "Ömer Uydurma Jr.", "D'Ian O’Invented", "Iñaki Inventado III"])
def test_names_stay_as_spelled_whatever_encoding_the_page_is_said_to_have(name: str) -> None:
    sent = a_page(a_line("spelled01", name), *LINES).replace('charset="utf-8"', 'charset="iso-8859-1"')
    assert rows_of(parse_roster(page(sent)), Sheet.ROSTERS)[0]["player_name"] == name


def test_html_entities_are_letters() -> None:
    parsed = parse_roster(page(a_page(a_line("spelled01", "I&ntilde;aki&nbsp;Inventado"), *LINES)))
    assert rows_of(parsed, Sheet.ROSTERS)[0]["player_name"] == "Iñaki Inventado"


def test_the_id_may_stand_in_the_link_only() -> None:
    parsed = parse_roster(page(a_page(a_line("linked01", "Lin Linked", is_id_on_cell=False), *LINES)))
    assert rows_of(parsed, Sheet.ROSTERS)[0]["source_person_id"] == "linked01"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('<tr><th>7</th><td data-stat="player">No Id</td></tr>', "player_id_missing"),
        ('<tr><th>7</th><td data-stat="player" data-append-csv="x01"></td></tr>', "player_unreadable"),
        ("<tr><th>7</th><td>Somebody</td></tr>", "player_id_missing"),
    ],
)
def test_one_bad_line_is_refused_and_the_others_stay(line: str, reason: str) -> None:
    parsed = parse_roster(page(a_page(line, *LINES)))
    assert refusals_of(parsed, Sheet.ROSTERS) == [(0, reason)]
    assert len(rows_of(parsed, Sheet.ROSTERS)) == 6


def test_headings_repeated_within_the_table_are_no_players() -> None:
    parsed = parse_roster(page(a_page(*LINES[:3], HEAD, *LINES[3:])))
    assert len(rows_of(parsed, Sheet.ROSTERS)) == 6
    assert parsed.refused == []


@pytest.mark.parametrize(
    "title",
    ["2022-23 Charlotte Hornets Roster and Stats", "2023-24 Brooklyn Nets Roster and Stats", "Just a moment...", ""],
)
def test_the_page_of_another_team_or_season_or_of_a_bouncer_is_rejected(title: str) -> None:
    with pytest.raises(PayloadRejected, match="its title is"):
        parse_roster(page(a_page(*LINES, title=title)))


def test_a_page_without_a_whole_roster_is_rejected() -> None:
    whole = a_page(*LINES)
    cut = whole[: whole.index("Ian Invented4")]
    without = whole.replace('id="roster"', 'id="squad"')
    for sent, why in (
        (cut, "no whole table"),
        (without, "no whole table"),
        (whole.replace("<table", "<div"), "no table with id roster"),
        (a_page(*LINES[:4]), "4 players are no roster"),
        (a_page(), "0 players are no roster"),
        (whole.encode("utf-16"), "not UTF-8"),
        (b"", "its title is None"),
    ):
        with pytest.raises(PayloadRejected, match=why):
            parse_roster(page(sent))


# -- what is asked ------------------------------------------------------------------------------------------------------
def test_its_codes_are_those_that_the_border_understands() -> None:
    assert {TEAM_SPELLINGS[code] for code in TEAM_CODES.values()} == set(TEAMS)
    assert {ours: code for ours, code in TEAM_CODES.items() if ours != code} == {
        "BKN": "BRK",
        "CHA": "CHO",
        "PHX": "PHO",
    }


def test_todays_rosters_are_one_batch_of_thirty_pages_of_the_year_the_season_ends_in() -> None:
    asked = list(SOURCE.of_day(DAY, NOON))
    assert len({one.path for one in asked}) == 30
    assert next(one.path for one in asked if one.label == "BKN") == "/teams/BRK/2024.html"
    assert {one.day for one in asked} == {DAY}
    assert list(SOURCE.of_season("2023-24", NOON)) == asked
    assert SOURCE.manners.pause_seconds >= 60 / 20


def test_rosters_of_another_day_are_not_to_be_had() -> None:
    assert list(SOURCE.of_day(date(2024, 1, 14), NOON)) == []
    assert list(SOURCE.of_day(date(2024, 1, 16), NOON)) == []
    assert list(SOURCE.of_season("2024-25", NOON)) == []


def test_the_roster_of_a_past_season_is_dated_with_its_end_and_never_informs_a_slate_of_it() -> None:
    asked = list(SOURCE.of_season("2022-23", NOON))
    end = date(2023, 8, 31)
    assert len(asked) == 30
    assert {(one.day, one.settles_at) for one in asked} == {(end, noon_eastern(end))}
    title = "2022-23 Charlotte Hornets Roster and Stats"
    parsed = parse_roster(page(a_page(*LINES, title=title), day=end))
    assert {row["roster_date"] for row in rows_of(parsed, Sheet.ROSTERS)} == {end}


# -- damage -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_comment", [False, True])
def test_a_damaged_page_is_read_or_rejected(is_comment: bool) -> None:
    sound = a_page(*LINES, is_comment=is_comment).encode()
    junk = (b"", b"<", b"<!", b"<![", b"<!--", b"-->", b"</td>", b"</table>", b'"', b"\xff", b"&#xfffffff;", b"\0")
    read = survivors(lambda sent: parse_roster(page(sent)), with_junk(sound, junk, seed=20240115, count=250))
    assert 0 < len(read) < 250
    assert min(parsed.count(Sheet.ROSTERS) for parsed in read) >= 5


def test_a_damaged_line_harms_no_other() -> None:
    dice = random.Random(20240116)
    known = {row["source_person_id"]: row for row in rows_of(parse_roster(page(a_page(*LINES))), Sheet.ROSTERS)}
    for _ in range(150):
        at = dice.randrange(len(LINES))
        inside = dice.choice(("", "<td>", "</td>", "<i>", "&bad;", "Ω" * 3_000, '<a href="/players/">', "<!-- x -->"))
        cut = dice.randrange(len("<tr>"), len(LINES[at]) - len("</tr>"))
        while LINES[at].count("<", 0, cut) != LINES[at].count(">", 0, cut):  # between two tags
            cut += 1
        damaged = LINES[at][:cut] + inside + LINES[at][cut:]
        parsed = parse_roster(page(a_page(*LINES[:at], damaged, *LINES[at + 1 :])))
        others = [row for row in known.values() if row["source_person_id"] != f"invenia{at + 1:02d}"]
        assert all(row in rows_of(parsed, Sheet.ROSTERS) for row in others), inside
