"""What a run says on stderr: JSON lines that Cloud Logging reads, or text; in neither, nor in the event log, a secret."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nba_props.cli.ending import run_to_end
from nba_props.cli.screen import IS_JSON_LOG
from nba_props.errors import StorageFault
from nba_props.history import recorded
from nba_props.instance import open_instance
from nba_props.io import logs
from nba_props.io.logs import LABELS, OPERATION, JsonLines, RunLogHandler, entry_of
from nba_props.platform import Platform

SECRET = "pl4nted-s3cret"
KEYED = f"https://api.example/v4/odds?regions=us&apiKey={SECRET}"


@dg.asset(key=["raw", "planted"], partitions_def=dg.DailyPartitionsDefinition("2024-01-01"))
def planted(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
    context.log.info("asking %s", KEYED)
    with recorded(platform, context.run.run_id, "raw/planted"):
        if context.run.tags.get("fail"):
            try:
                raise ConnectionError(f"refused by {KEYED}")
            except ConnectionError as error:
                context.log.exception("asked in vain")
                raise StorageFault(f"The source did not answer: {KEYED}", next_step="later") from error
    return dg.MaterializeResult(metadata={"url": KEYED, "rows": 3})


def run(platform: Platform, **tags: str) -> tuple[str, str]:
    """Materialise one date on the home's own instance: (run id, all that its event log holds)."""
    with open_instance(platform) as instance:
        result = dg.materialize(
            [planted],
            instance=instance,
            partition_key="2024-03-15",
            resources={"platform": platform},
            tags=tags,
            raise_on_error=False,
        )
        assert result.success is not bool(tags)
        told = " ".join(str(entry) for entry in instance.all_logs(result.run_id))
        raw = b"".join(path.read_bytes() for path in platform.home.rglob("*.db*"))
    assert SECRET not in told
    assert SECRET.encode() not in raw
    return result.run_id, told


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_line_of_a_run_is_an_object_that_says_whose_it_is(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NBA_PROPS_LOG_FORMAT", "json")
    run_id, _ = run(platform)
    out, err = capsys.readouterr()
    lines = lines_of(err)
    assert out == ""
    assert {line["run_id"] for line in lines} == {run_id}
    for line in lines:
        assert {"severity", "message", "time"} <= set(line)
        assert line[LABELS]["partition"] == "2024-03-15"
        assert line[OPERATION] == {"id": run_id, "producer": "nba_props"}
    (asked,) = [line for line in lines if line["message"].startswith("asking")]
    assert (asked["severity"], asked["asset"], asked["partition"]) == ("INFO", "raw/planted", "2024-03-15")
    assert asked["message"] == "asking https://api.example/v4/odds?regions=us&apiKey=[redacted]"
    assert "ASSET_MATERIALIZATION" in {line.get("event") for line in lines}


def test_a_failure_is_an_error_with_its_traceback_and_without_its_secrets(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NBA_PROPS_LOG_FORMAT", "json")
    _, told = run(platform, fail="yes")
    err = capsys.readouterr().err
    assert SECRET not in err
    (failed,) = [line for line in lines_of(err) if line.get("event") == "STEP_FAILURE"]
    assert failed["severity"] == "ERROR"
    assert "refused by https://api.example/v4/odds?regions=us&apiKey=[redacted]" in failed["stack_trace"]
    assert "The source did not answer: https://api.example" in told
    history = platform.warehouse.query("SELECT error_message FROM nba_reference.processor_run_history")
    (asked,) = [line for line in lines_of(err) if line["message"] == "asked in vain"]
    assert "ConnectionError: refused by" in asked["stack_trace"]
    assert history["error_message"].to_pylist() == [
        "StorageFault: The source did not answer: https://api.example/v4/odds?regions=us&apiKey=[redacted] Next step: later"
    ]


@pytest.mark.parametrize("tags", [{}, {"fail": "yes"}])
def test_text_is_redacted_as_well(platform: Platform, capsys: pytest.CaptureFixture[str], tags: dict[str, str]) -> None:
    run(platform, **tags)
    err = capsys.readouterr().err
    assert "apiKey=[redacted]" in err
    assert SECRET not in err
    assert ("ConnectionError: refused by https://api.example/v4/odds?regions=us&apiKey=[redacted]" in err) is bool(tags)
    with pytest.raises(json.JSONDecodeError):
        json.loads(err.splitlines()[0])


def test_a_secret_is_hidden_by_value_in_the_log_whatever_stands_around_it(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NBA_PROPS_ODDS_API_KEY", "api.example")
    _, told = run(platform)
    assert "api.example" not in told
    assert "api.example" not in capsys.readouterr().err


def test_a_line_that_cannot_be_redacted_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setenv("NBA_PROPS_LOG_FORMAT", "json")
    monkeypatch.setattr(logs, "redact_nested", broken)
    stream = io.StringIO()
    RunLogHandler(stream).emit(logging.makeLogRecord({"msg": KEYED, "levelno": logging.INFO}))
    (line,) = lines_of(stream.getvalue())
    assert line["severity"] == "ERROR"
    assert line["message"] == "A log line was withheld: it could not be redacted (RuntimeError)."


def test_an_event_that_cannot_be_redacted_is_not_stored(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    from nba_props.io import dagster_events

    def broken(_: str) -> str:
        raise RuntimeError("no")

    monkeypatch.setattr(dagster_events, "redact_json", broken)
    with open_instance(platform) as instance, pytest.raises(RuntimeError):
        dg.materialize([planted], instance=instance, partition_key="2024-03-15", resources={"platform": platform})
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in platform.home.rglob("*.db*"))


@pytest.mark.parametrize(
    ("level", "severity"),
    [(10, "DEBUG"), (20, "INFO"), (30, "WARNING"), (40, "ERROR"), (50, "CRITICAL"), (5, "DEFAULT")],
)
def test_levels_become_the_severities_of_cloud_logging(level: int, severity: str) -> None:
    assert entry_of(logging.makeLogRecord({"msg": "x", "levelno": level}))["severity"] == severity


def test_what_commands_say_becomes_lines_too() -> None:
    stream = io.StringIO()
    said = JsonLines(stream, "ERROR")
    said.write("first ")
    said.write(f"half\n\n{KEYED}\nnot yet")
    assert [(line["severity"], line["message"]) for line in lines_of(stream.getvalue())] == [
        ("ERROR", "first half"),
        ("ERROR", "https://api.example/v4/odds?regions=us&apiKey=[redacted]"),
    ]


def test_a_command_speaks_json_where_the_settings_ask_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NBA_PROPS_LOG_FORMAT", "json")
    try:
        assert run_to_end(["status", "2024-03-15", "--home", str(tmp_path / f"password={SECRET}")]) == 2
    finally:
        IS_JSON_LOG.set(False)
    error, *_ = lines_of(capsys.readouterr().err)
    assert error["severity"] == "ERROR"
    assert error["message"].startswith("error: There is no data in ")
    assert SECRET not in error["message"]
