"""The injury report: which documents are asked for, and rows from the words of a PDF, drawn here or recorded."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pdfplumber
import pytest

from nba_props.io.sources.live.contract import Parsed, PayloadRejected, Sheet, Source
from nba_props.io.sources.live.injury_report import SOURCE
from nba_props.io.sources.live.injury_report.parse import parse_injury_report
from nba_props_tests.io.live.mutations import survivors, truncations, with_wrong_bytes
from nba_props_tests.io.live.payload_kit import judged, landed

DAY = date(2025, 1, 15)
FETCHED = datetime(2025, 1, 15, 22, 45, tzinfo=UTC)

# -- a report as the league draws it, about invented people -----------------------------------------------------------
_LEFTS = (24.0, 120.0, 201.0, 265.0, 426.0, 586.0, 667.0)
_HEADER = ("Game Date", "Game Time", "Matchup", "Team", "Player Name", "Current Status", "Reason")
_LINE = 14.0
_MARGIN = 8.0

Cells = tuple[str, str, str, str, str, str, str]


def a_row(
    player: str = "", status: str = "", reason: str = "", *, team: str = "", game: str = "", on: str = ""
) -> Cells:
    """A row; a reason of several lines has line breaks, a game is "07:30 (ET)|NYK@BOS"."""
    at, _, matchup = game.partition("|")
    return on, at, matchup, team, player, status, reason


FIRST = a_row(
    "Tidewell, Orlo",
    "Out",
    "Injury/Illness - Left Knee; Soreness",
    team="Boston Celtics",
    game="07:30 (ET)|NYK@BOS",
    on="01/15/2025",
)


class Page:
    """Text and rules of one page, 842 by 595 points; heights count from the top, as pdfplumber's do."""

    def __init__(self) -> None:
        self.content: list[str] = []

    def write(self, left: float, top: float, text: str, size: float = 8.0) -> None:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.content.append(f"BT /F1 {size} Tf {left} {595 - top - size} Td ({escaped}) Tj ET")

    def rule(self, top: float) -> None:
        self.content.append(f"20 {595 - top} m 823 {595 - top} l S")


def drawn(rows: Sequence[Cells], *, title: str, has_header: bool, has_rules: bool, footer: str) -> Page:
    page = Page()
    page.write(289, 45, title, 16)
    top = 107.0
    if has_header:
        for left, text in zip(_LEFTS, _HEADER, strict=True):
            page.write(left, top, text)
        top += _LINE
    for row in rows:
        height = _LINE * max(1, row[-1].count("\n") + 1) + _MARGIN
        for left, text in zip(_LEFTS, row, strict=True):
            lines = text.split("\n")
            first = top + (height - _LINE * len(lines)) / 2
            for number, line in enumerate(lines):
                page.write(left, first + number * _LINE, line)
        top += height
        if has_rules:
            page.rule(top)
    page.write(398, 550, footer)
    return page


def pdf_of(pages: Sequence[Page]) -> bytes:
    """The smallest PDF that shows these pages."""
    first = 4
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        content = "\n".join(page.content)
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /Resources << /Font << /F1 3 0 R >> >>"
            f" /Contents {first + 2 * number + 1} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    body, offsets = "%PDF-1.4\n", []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    end = f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF"
    return (body + end).encode("latin-1")


def a_report(*pages: Sequence[Cells], title: str = "Injury Report: 01/15/25 05:30 PM", has_rules: bool = True) -> bytes:
    return pdf_of(
        [
            drawn(rows, title=title, has_header=not n, has_rules=has_rules, footer=f"Page {n + 1} of {len(pages)}")
            for n, rows in enumerate(pages)
        ]
    )


def parsed(body: bytes) -> Parsed:
    sent = landed(Source.INJURY_REPORT, "injury_report", DAY, body, label="05PM", fetched_at=FETCHED)
    return parse_injury_report(sent)


def entries(found: Parsed) -> list[tuple[str, str, str, str | None]]:
    rows = [row for _, row in found.rows.get(Sheet.INJURIES, ())]
    return [(row["team_abbr"], row["player_name"], row["status"], row["reason"]) for row in rows]


def refusals_at_the_border(found: Parsed) -> Counter[str]:
    return Counter(judged(found, Sheet.INJURIES)["refusal"].dropna())


# -- rows -------------------------------------------------------------------------------------------------------------
def test_a_listed_player_is_a_row_as_of_the_title_in_eastern_time() -> None:
    found = parsed(a_report([FIRST]))
    assert [dict(row) for _, row in found.rows[Sheet.INJURIES]] == [
        {
            "game_date": DAY,
            "team_abbr": "BOS",
            "player_name": "Tidewell, Orlo",
            "status": "Out",
            "reason": "Injury/Illness - Left Knee; Soreness",
            "reported_utc": datetime(2025, 1, 15, 22, 30, tzinfo=UTC),
        }
    ]
    assert refusals_at_the_border(found) == {}


def test_in_summer_time_the_title_is_four_hours_behind() -> None:
    found = parsed(a_report([FIRST], title="Injury Report: 04/02/25 11:30 AM"))
    assert found.rows[Sheet.INJURIES][0][1]["reported_utc"] == datetime(2025, 4, 2, 15, 30, tzinfo=UTC)


def test_empty_cells_are_those_of_the_row_above_also_over_a_page() -> None:
    away = a_row("Quill Jr., Bram", "Probable", "Rest", team="New York Knicks")
    late = a_row("Abo, Ty", "Doubtful", "Illness", team="Utah Jazz", game="10:00 (ET)|UTA@LAL")
    tomorrow = a_row("Vex, Ned", "Out", "Illness", team="LA Clippers", game="08:00 (ET)|LAC@NOP", on="01/16/2025")
    found = parsed(
        a_report([FIRST, a_row("Moss, Al", "Out", "Rest"), away], [a_row("Rue, Li", "Out", "Rest"), late, tomorrow])
    )
    assert [(team, name) for team, name, _, _ in entries(found)] == [
        ("BOS", "Tidewell, Orlo"),
        ("BOS", "Moss, Al"),
        ("NYK", "Quill Jr., Bram"),
        ("NYK", "Rue, Li"),
        ("UTA", "Abo, Ty"),
        ("LAC", "Vex, Ned"),
    ]
    assert [row["game_date"].day for _, row in found.rows[Sheet.INJURIES]] == [15, 15, 15, 15, 15, 16]


@pytest.mark.parametrize("has_rules", [True, False])
@pytest.mark.parametrize("lines", [2, 3])
def test_a_reason_of_several_lines_stays_with_its_player(lines: int, has_rules: bool) -> None:
    long = a_row("Moss, Al", "Out", "\n".join(f"part {n}" for n in range(lines)))
    found = parsed(a_report([FIRST, long, a_row("Rue, Li", "Out", "Rest")], has_rules=has_rules))
    assert [reason for _, _, _, reason in entries(found)] == [
        "Injury/Illness - Left Knee; Soreness",
        " ".join(f"part {n}" for n in range(lines)),
        "Rest",
    ]


def test_with_rules_even_a_reason_of_six_lines_stays_with_its_player() -> None:
    long = a_row("Moss, Al", "Out", "\n".join(f"part {n}" for n in range(6)))
    found = parsed(a_report([FIRST, long, a_row("Rue, Li", "Out", "Rest")]))
    assert entries(found)[1][3] == "part 0 part 1 part 2 part 3 part 4 part 5"


def test_a_reason_that_runs_over_the_page_is_joined() -> None:
    found = parsed(a_report([FIRST], [a_row(reason="and Ankle"), a_row("Rue, Li", "Out", "Rest")]))
    assert entries(found)[0][3] == "Injury/Illness - Left Knee; Soreness and Ankle"
    assert len(entries(found)) == 2


@pytest.mark.parametrize("has_rules", [True, False])
def test_a_team_that_lists_nobody_is_a_note_and_no_part_of_the_next_teams_row(has_rules: bool) -> None:
    nobody = a_row(team="New York Knicks", game="07:30 (ET)|NYK@MIA")
    after = a_row("Moss, Al", "Out", "a reason\nof two lines", team="Miami Heat")
    found = parsed(a_report([FIRST, nobody, after], has_rules=has_rules))
    assert [(team, name) for team, name, _, _ in entries(found)] == [("BOS", "Tidewell, Orlo"), ("MIA", "Moss, Al")]
    assert found.refused == []
    assert found.notes == ["New York Knicks listed nobody for 01/15/2025"]


def test_a_team_that_has_not_submitted_is_a_note_and_no_row() -> None:
    pending = a_row(reason="NOT YET SUBMITTED", team="New York Knicks")
    found = parsed(a_report([FIRST, pending]))
    assert found.count(Sheet.INJURIES) == 1
    assert found.notes == ["New York Knicks had not yet submitted for 01/15/2025"]
    assert not found.is_empty_slate


def test_published_and_empty_is_not_a_fault() -> None:
    found = parsed(a_report([]))
    assert found.is_empty_slate
    assert found.count(Sheet.INJURIES) == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (a_row("Moss, Al", "Out", "Rest", team="Utah Jazz"), "team_not_in_game"),
        (a_row("Moss, Al", "Out", "Rest", team="Sioux Falls Skyforce"), "team_abbr_missing"),
        (a_row("Moss, Al", "", "Rest"), "status_missing"),
        (a_row("", "Out", "Rest"), "player_name_missing"),
        (a_row("Moss, Al", "Out", "Rest", on="soon"), "game_date_missing"),
        (a_row("Moss, Al", "Out", "Rest", game="08:00 (ET)|UTA@LAL"), "team_abbr_missing"),
    ],
)
def test_a_row_that_cannot_be_placed_is_refused_alone(row: Cells, reason: str) -> None:
    found = parsed(a_report([FIRST, row]))
    assert [one.reason for one in found.refused] == [reason]
    assert len(entries(found)) == 1


def test_a_status_of_another_vocabulary_is_refused_at_the_border() -> None:
    found = parsed(a_report([FIRST, a_row("Moss, Al", "Day-To-Day", "Rest")]))
    assert refusals_at_the_border(found) == {"status_unknown": 1}


# -- what is no report ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", [b"", b"<html>Access Denied</html>", b"%PDF-1.4\nnothing else", pdf_of([Page()])])
def test_what_is_no_report_is_rejected_whole(body: bytes) -> None:
    with pytest.raises(PayloadRejected, match="landing/injury_report/2025-01-15/injury_report/05PM") as refused:
        parsed(body)
    assert refused.value.next_step


def test_another_header_is_a_new_shape() -> None:
    page = Page()
    page.write(289, 45, "Injury Report: 01/15/25 05:30 PM", 16)
    page.write(24, 107, "Game Date Category Player Previous Status")
    with pytest.raises(PayloadRejected, match="columns"):
        parsed(pdf_of([page]))


def test_a_report_of_which_no_row_reads_is_a_new_shape() -> None:
    with pytest.raises(PayloadRejected, match="game_date_missing"):
        parsed(
            a_report([a_row("Moss, Al", "Out", "Rest", team="Boston Celtics", game="07:30 (ET)|NYK@BOS", on="15 Jan")])
        )


def test_pages_of_two_reports_are_rejected() -> None:
    titles = ("Injury Report: 01/15/25 05:30 PM", "Injury Report: 01/15/25 06:30 PM")
    pages = [drawn([FIRST], title=title, has_header=True, has_rules=True, footer="Page 1 of 2") for title in titles]
    with pytest.raises(PayloadRejected, match="2 titles"):
        parsed(pdf_of(pages))


def test_a_damaged_pdf_is_rejected_or_read_and_nothing_else() -> None:
    body = a_report([FIRST, a_row("Moss, Al", "Out", "Rest")])
    damaged = [*truncations(body, seed=7, count=30), *with_wrong_bytes(body, seed=7, count=120, most=30)]
    assert 0 < len(survivors(parsed, iter(damaged))) < len(damaged)


# -- the recorded report ----------------------------------------------------------------------------------------------
@pytest.mark.archive
def test_the_recorded_report_is_read_to_the_last_row(archive_dir: Path) -> None:
    path = archive_dir.parent / "payloads" / "nba_injury_report.pdf"
    with pdfplumber.open(path) as document:
        text = "\n".join(page.extract_text(x_tolerance=1.5) for page in document.pages)
    found = parsed(path.read_bytes())
    listed = sum(
        text.count(f" {word} ") + text.count(f" {word}\n") for word in ("Out", "Doubtful", "Questionable", "Probable")
    )
    assert len(entries(found)) == listed == 14
    assert len(found.notes) == text.count("NOT YET SUBMITTED") == 29
    assert found.refused == []
    assert refusals_at_the_border(found) == {}
    wrapped = next(entry for entry in entries(found) if entry[1].startswith("McDermott"))
    assert wrapped == ("SAS", "McDermott, Doug", "Out", "Injury/Illness - Right Forearm; Contusion")
    assert {row["reported_utc"] for _, row in found.rows[Sheet.INJURIES]} == {datetime(2024, 1, 4, 17, 30, tzinfo=UTC)}


# -- requests ---------------------------------------------------------------------------------------------------------
def test_the_documents_of_a_day_are_those_that_can_be_out() -> None:
    asked = list(SOURCE.of_day(DAY, datetime(2025, 1, 15, 12, 29, tzinfo=UTC)))  # 07:29 Eastern
    assert [request.path for request in asked] == [
        "/Injury-Report_2025-01-15_05AM.pdf",
        "/Injury-Report_2025-01-15_06AM.pdf",
    ]
    assert list(SOURCE.of_day(date(2025, 1, 16), FETCHED)) == []


def test_a_past_day_has_nineteen_documents_which_are_asked_for_once() -> None:
    asked = list(SOURCE.of_day(date(2025, 1, 14), FETCHED))
    assert [request.label for request in asked] == [
        *("05AM", "06AM", "07AM", "08AM", "09AM", "10AM", "11AM", "12PM", "01PM", "02PM", "03PM", "04PM"),
        *("05PM", "06PM", "07PM", "08PM", "09PM", "10PM", "11PM"),
    ]
    assert all(request.settles_at is not None and request.settles_at < FETCHED for request in asked)


def test_newer_documents_have_the_minutes_in_their_names_and_the_day_of_the_change_has_both() -> None:
    later = datetime(2026, 2, 1, tzinfo=UTC)
    labels = {day: [one.label for one in SOURCE.of_day(day, later)] for day in (date(2025, 12, 22), date(2025, 12, 23))}
    assert labels[date(2025, 12, 23)][:2] == ["05_30AM", "06_30AM"]
    assert labels[date(2025, 12, 22)][:2] == ["05AM", "05_30AM"]


def test_a_season_is_one_document_a_date_on_which_may_be_played() -> None:
    asked = list(SOURCE.of_season("2023-24", FETCHED))
    assert {request.label for request in asked} == {"05PM"}
    assert len(asked) == len({request.day for request in asked}) == 274  # October to June of a leap year
    assert list(SOURCE.of_season("2026-27", FETCHED)) == []


def test_a_refusal_means_not_published() -> None:
    (feed,) = SOURCE.feeds
    assert feed.not_published == {403, 404}
