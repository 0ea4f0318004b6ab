"""Typed settings: the only reader of the environment. Every variable is in `.env.example`, and a test keeps it so."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nba_props.errors import BadInput


class Target(StrEnum):
    """Where tables and objects live."""

    LOCAL = "local"
    GCP = "gcp"


class Settings(BaseSettings):
    """Everything that can be set, each by `NBA_PROPS_{NAME}`; a bad value fails at start with its name."""

    model_config = SettingsConfigDict(env_prefix="NBA_PROPS_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Field(
        Path(".nba_props"),
        description="Directory of the embedded warehouse, the object store and Dagster's own records.",
    )
    target: Target = Field(
        Target.LOCAL, description="local (embedded DuckDB and a directory) or gcp (BigQuery and Cloud Storage)."
    )
    dataset_prefix: str = Field(
        "", pattern=r"^[a-z0-9_]*$", description="Put before every dataset name; isolates tests and developers."
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
    staging_grace_minutes: float = Field(
        60.0, ge=0, description="Age from which leftover staging is reported as orphaned."
    )
    lock_timeout_seconds: float = Field(
        120.0, gt=0, description="How long to wait for another process on the same home."
    )
    gcp_project: str = Field("", description="Google Cloud project (target gcp).")
    gcp_location: str = Field("US", description="BigQuery location (target gcp).")
    gcs_bucket: str = Field("", description="Cloud Storage bucket of landing zone, models and exports (target gcp).")

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs an offset, e.g. 2024-03-15T18:00:00-04:00")
        return value

    def clock(self) -> datetime:
        """The present instant, UTC (or the pretended one)."""
        return (self.now or datetime.now(UTC)).astimezone(UTC)


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, overridden by what is given and not None; BadInput names the field at fault."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(
            f"NBA_PROPS_{str(e['loc'][0]).upper()}: {e['msg']} (got {e['input']!r})" for e in error.errors()
        )
        raise BadInput(
            f"Settings are wrong: {problems}.", next_step="Correct the variable; .env.example lists all of them."
        ) from error
