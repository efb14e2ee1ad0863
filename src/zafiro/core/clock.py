"""The only place that asks the operating system for the time."""

from datetime import datetime, timezone


def now() -> datetime:
    """Aware UTC, microsecond resolution. Tests replace this function."""
    return datetime.now(timezone.utc)


def iso(moment: datetime) -> str:
    """As ARM prints it: 2026-11-20T17:00:29.940996Z."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
