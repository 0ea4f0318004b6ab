"""Instants as sources write them."""

from datetime import UTC, date, datetime, time

from nba_props.domain.calendar import EASTERN


def iso_z(instant: datetime) -> str:
    """2025-10-21T23:00:00Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute_z(instant: datetime) -> str:
    """2025-10-21T23:00Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def eastern(instant: datetime) -> datetime:
    """The same instant on the Eastern clock."""
    return instant.astimezone(EASTERN)


def midnight(day: date) -> datetime:
    """The instant at which an Eastern date begins."""
    return datetime.combine(day, time(0), tzinfo=EASTERN)
