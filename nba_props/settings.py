"""Typed settings: the only reader of the environment. Every variable is in `.env.example`, and a test keeps it so."""

import os
import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nba_props.domain.odds import DevigMethod
from nba_props.errors import BadInput

_ENDPOINT = r"^(https?://[^/]+)?$"


class Target(StrEnum):
    """Where tables and objects live."""

    LOCAL = "local"
    GCP = "gcp"


class Environment(StrEnum):
    """What the data is for."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TEST = "test"


THROW_AWAY_PREFIXES = ("test_", "smoke_")
"""Dataset prefixes of what may be deleted at any time."""


class LogFormat(StrEnum):
    """How runs log on stderr; `auto` is json where the target is gcp and no person is reading."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


class MetricsSink(StrEnum):
    """Where metrics are written."""

    TABLE = "table"
    CLOUD_MONITORING = "cloud_monitoring"


class Settings(BaseSettings):
    """Everything that can be set, each by `NBA_PROPS_{NAME}`; a bad value fails at start with its name."""

    model_config = SettingsConfigDict(
        env_prefix="NBA_PROPS_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(
        Path(".nba_props"),
        description="Directory of the embedded warehouse, the object store and Dagster's own records.",
    )
    target: Target = Field(
        Target.LOCAL, description="local (embedded DuckDB and a directory) or gcp (BigQuery and Cloud Storage)."
    )
    environment: Environment | None = Field(
        None,
        description="production, development or test; by default production on gcp and development on a laptop. "
        "Production refuses the prefixes test_ and smoke_; the others need a prefix on gcp.",
    )
    dataset_prefix: str = Field(
        "",
        pattern=r"^[a-z0-9_]*$",
        description="Put before every dataset name, and the folder of the bucket; isolates tests and developers.",
    )
    now: datetime | None = Field(
        None, description="Pretend it is this instant (ISO, with offset): rehearsals and tests only."
    )
    min_minutes: float = Field(
        15.0, ge=0, le=48, description="Average minutes from which a player without a line is eligible."
    )
    min_completion_pct: float = Field(
        80.0, ge=0, le=100, description="Share of a batch from which it consolidates partially once stalled."
    )
    completion_wait_minutes: float = Field(
        10.0, ge=0, description="Minutes after the last staging write before a batch counts as stalled."
    )
    breaker_failures: int = Field(
        3, ge=1, description="Batches in a row that a system must fail before it is not called for a while."
    )
    breaker_cooldown_minutes: float = Field(
        60.0,
        ge=0,
        description="Minutes since its last failure for which such a system is not called; then it gets one try.",
    )
    staging_grace_minutes: float = Field(
        60.0, ge=0, description="Age from which leftover staging is reported as orphaned."
    )
    staging_clean_hours: float = Field(
        24.0, gt=0, description="Hours after its first report from which orphaned staging is removed by the sweeper."
    )
    runs_at_once: int = Field(5, ge=1, description="Runs that the daemon works on at a time.")
    writes_at_once: int = Field(
        8, ge=1, description="Of these, runs that may write to the warehouse (Dagster's pool warehouse_writes)."
    )
    trainings_at_once: int = Field(
        1, ge=1, description="Of these, runs that may train models (pool model_trainings); each takes every core."
    )
    fetches_at_once: int = Field(
        2, ge=1, description="Of these, runs that may ask sources (pool sources); one source is never asked by two."
    )
    code_url: str = Field(
        "",
        pattern=r"^(https://\S+)?$",
        description="Address of the repository: the UI links assets to their code there instead of to files of this machine.",
    )
    code_branch: str = Field("main", min_length=1, description="Branch, tag or commit of the repository that runs.")
    automation: bool = Field(
        False, description="Schedules and sensors run from the start; by default a person switches them on in the UI."
    )
    devig_method: DevigMethod = Field(
        DevigMethod.MULTIPLICATIVE,
        description="How the vig is taken off the market's two-sided prices: multiplicative, power or shin.",
    )
    lock_timeout_seconds: float = Field(
        120.0, gt=0, description="How long to wait for another process on the same home."
    )
    gcp_project: str = Field("", description="Google Cloud project (target gcp).")
    gcp_location: str = Field("US", description="BigQuery location (target gcp).")
    gcs_bucket: str = Field("", description="Cloud Storage bucket of landing zone, models and exports (target gcp).")
    bigquery_endpoint: str = Field(
        "",
        pattern=_ENDPOINT,
        description="Address of BigQuery's API instead of the public one (a private endpoint, an emulator; no credentials over http).",
    )
    storage_endpoint: str = Field(
        "",
        pattern=_ENDPOINT,
        description="Address of Cloud Storage's API instead of the public one (a private endpoint, an emulator; no credentials over http).",
    )
    maximum_bytes_billed: int = Field(
        100_000_000_000,
        gt=0,
        description="Bytes a single BigQuery statement may bill; one that would bill more is refused, unrun (target gcp).",
    )
    cloud_request_seconds: float = Field(
        60.0, gt=0, description="How long a request to Google's services may stay without an answer (target gcp)."
    )
    cloud_patience_seconds: float = Field(
        600.0,
        gt=0,
        description="How long a request is made again after rate limits, outages and lost connections (target gcp).",
    )
    bigquery_dml_slots: int = Field(
        2,
        ge=1,
        le=6,
        description="Statements that change rows one process runs at a time; BigQuery takes 22 a table from all (target gcp).",
    )
    bigquery_usd_per_tib: float = Field(
        6.25,
        ge=0,
        description="US dollars a TiB billed, for the estimate in status; by default the on-demand price in the US (target gcp).",
    )

    balldontlie_api_key: SecretStr = Field(
        SecretStr(""), description="Key of balldontlie (box scores, standings, injuries)."
    )
    odds_api_key: SecretStr = Field(SecretStr(""), description="Key of The Odds API (points lines, spreads, totals).")
    bettingpros_api_key: SecretStr = Field(
        SecretStr(""), description="Key of BettingPros (second source of points lines)."
    )
    sources_url: str = Field(
        "",
        pattern=_ENDPOINT,
        description="Address to ask instead of the sources' own, each under its name: `simulate serve`, or a recording proxy.",
    )
    source_pace: float = Field(
        1.0,
        ge=0,
        description="Multiplies the pauses between two requests to a source; below 1 only with NBA_PROPS_SOURCES_URL.",
    )

    alert_urls: SecretStr = Field(
        SecretStr(""),
        description="Where alerts go: Apprise URLs (mailtos://…, slack://…, discord://…, json://…), with spaces or commas between.",
    )
    alert_unresolved_names: int = Field(
        10, ge=0, description="Quoted names of a slate without a player above which it is an alert."
    )
    alert_reminder_hours: float = Field(
        12.0, gt=0, description="Hours after which a channel is told again of an alert that is still open."
    )
    ui_url: str = Field(
        "http://127.0.0.1:3000",
        pattern=r"^https?://[^\s]+$",
        description="Address of the Dagster UI as people reach it; the links of alerts lead there.",
    )
    keep_runs_days: int = Field(
        180, ge=0, description="Days for which `history prune` keeps runs that succeeded, their ticks and metrics."
    )
    keep_failed_runs_days: int = Field(
        30, ge=0, description="Days for which `history prune` keeps runs that did not succeed, and skipped ticks."
    )

    log_format: LogFormat = Field(
        LogFormat.AUTO,
        description="Lines of a run on stderr: text, json (an object each, for Cloud Logging), or auto (json on gcp, but for a terminal).",
    )
    metrics_sink: MetricsSink = Field(
        MetricsSink.TABLE,
        description="Metrics go to table (nba_monitoring.metrics) or to cloud_monitoring as well as the table.",
    )

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs an offset, e.g. 2024-03-15T18:00:00-04:00")
        return value

    @model_validator(mode="after")
    def _prefix_fits_environment(self) -> Self:
        """A leftover variable of a test once sent production to the tests' datasets, and could send a test to production's."""
        environment = self.effective_environment
        if environment is Environment.PRODUCTION and self.dataset_prefix.startswith(THROW_AWAY_PREFIXES):
            raise ValueError(
                f"NBA_PROPS_DATASET_PREFIX={self.dataset_prefix} is a throw-away prefix and this is production:"
                " unset NBA_PROPS_DATASET_PREFIX, or if this is a test, set NBA_PROPS_ENVIRONMENT=test"
            )
        if environment is not Environment.PRODUCTION and self.target is Target.GCP and not self.dataset_prefix:
            raise ValueError(
                f"environment {environment} on target gcp without a prefix would write to production's datasets:"
                " set NBA_PROPS_DATASET_PREFIX, or unset NBA_PROPS_ENVIRONMENT if this is production"
            )
        return self

    @model_validator(mode="after")
    def _others_servers_are_asked_politely(self) -> Self:
        if self.source_pace < 1 and not self.sources_url:
            raise ValueError(
                f"NBA_PROPS_SOURCE_PACE={self.source_pace:g} would ask public sources faster than they allow:"
                " set NBA_PROPS_SOURCES_URL to a server of your own, or use 1 or more"
            )
        return self

    @property
    def effective_environment(self) -> Environment:
        """The environment as set, or the one that is safe to assume: data in the cloud is production's."""
        assumed = Environment.PRODUCTION if self.target is Target.GCP else Environment.DEVELOPMENT
        return self.environment or assumed

    @property
    def is_json_log(self) -> bool:
        """TRUE if every line on stderr is one JSON object: what collects it is a machine, unless stderr is a terminal."""
        if self.log_format is LogFormat.AUTO:
            return self.target is Target.GCP and not sys.stderr.isatty()
        return self.log_format is LogFormat.JSON

    @property
    def alert_channel_urls(self) -> tuple[str, ...]:
        """The URLs of `alert_urls`, one a channel. Secrets."""
        return _listed_urls(self.alert_urls.get_secret_value())

    def clock(self) -> datetime:
        """The present instant, UTC (or the pretended one)."""
        return (self.now or datetime.now(UTC)).astimezone(UTC)


_BETWEEN_URLS = re.compile(r"\s+|,+(?=\s|$|[a-zA-Z0-9]+://)")


def _listed_urls(text: str) -> tuple[str, ...]:
    """URLs with spaces, commas or line ends between; a comma within one belongs to it (`?to=a@b.example,c@d.example`)."""
    return tuple(filter(None, _BETWEEN_URLS.split(text)))


_ALERT_URLS = "NBA_PROPS_ALERT_URLS"
_URL_MARKS = re.compile(r"[/@:?&=,;#]+")
_PLAIN_PART = re.compile(r".{0,7}|[a-z-]{8,15}|[a-z0-9-]+(?:\.[a-z0-9-]+)+")
"""What is short, words, host names: of a URL of a channel, everything else may be what lets one post there."""

_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|WEBHOOK)S?$", re.IGNORECASE)
_SHORTEST_SECRET = 4  # a shorter value is found in every second word


def secret_values() -> frozenset[str]:
    """What the environment and `.env` hold under a secret's name (`…_KEY`, `…_TOKEN`), the passwords of their URLs, the URLs of alerts."""
    given = {**_in_file(Path(".env")), **os.environ}
    named = {value for name, value in given.items() if _SECRET_NAME.search(name)}
    in_urls = {unquote(_password_of(value)) for value in given.values() if "://" in value and "@" in value}
    in_channels = _parts_of_channels(given.get(_ALERT_URLS, ""))
    return frozenset(value for value in named | in_urls | in_channels if len(value) >= _SHORTEST_SECRET)


def _parts_of_channels(alert_urls: str) -> set[str]:
    """Each URL, its password, and its parts that are no word and no host: some services keep their token in the path."""
    urls = _listed_urls(alert_urls)
    passwords = {unquote(_password_of(url)) for url in urls}
    parts = {unquote(part) for url in urls for part in _URL_MARKS.split(url.split("://", 1)[-1])}
    return {*urls, *passwords, *(part for part in parts if not _PLAIN_PART.fullmatch(part))}


def _in_file(path: Path) -> dict[str, str]:
    try:
        changed_at = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _parsed(path.resolve(), changed_at)


@lru_cache(maxsize=4)
def _parsed(path: Path, _changed_at: int) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(path).items() if value}


def _password_of(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, overridden by what is given and not None; BadInput names the field at fault."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        from nba_props.io.redaction import redact  # which reads secrets from here

        problems = redact("; ".join(_problem(e) for e in error.errors()))
    # Outside the `except`: what pydantic said quotes the values, and a traceback would carry it along.
    raise BadInput(
        f"Settings are wrong: {problems}.", next_step="Correct the variable; .env.example lists all of them."
    )


def _problem(error: Any) -> str:
    """One fault in words, with its variable where it is one variable's."""
    if not error["loc"]:
        return str(error["ctx"]["error"])
    return f"NBA_PROPS_{str(error['loc'][0]).upper()}: {error['msg']} (got {error['input']!r})"
