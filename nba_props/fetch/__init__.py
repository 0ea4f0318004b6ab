"""Fetching: every live source asked at once, each within its own manners, for a date or a season; answers are landed.

A killed fetch is resumed by the same fetch: what it landed is good enough. What belongs in this package: which requests are
made, which are not because an earlier answer is good enough, what a fault stops, and the report. What does not: how a request
is sent (`io.sources.live.transport`), where answers lie (`io.landing`), and what they say.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from nba_props.fetch.asking import Asking, Orders, Progress
from nba_props.fetch.report import Failure, Fetched, SourceReport, State
from nba_props.io.sources.live.contract import Source
from nba_props.io.sources.live.registry import Wanted
from nba_props.platform import Platform

__all__ = ["Failure", "Fetched", "SourceReport", "State", "fetch_day", "fetch_season"]


def fetch_day(
    platform: Platform,
    day: date,
    wanted: Wanted | None = None,
    *,
    is_forced: bool = False,
    progress: Progress = lambda _: None,
) -> Fetched:
    """Land what the wanted sources say of one slate. A source that fails stops no other; its report says why."""
    return _all_at_once(
        Orders(
            platform=platform,
            first=lambda live, now: live.of_day(day, now),
            is_season=False,
            wanted=wanted or Wanted(),
            is_forced=is_forced,
            progress=progress,
        )
    )


def fetch_season(
    platform: Platform,
    season: str,
    wanted: Wanted | None = None,
    *,
    is_forced: bool = False,
    progress: Progress = lambda _: None,
) -> Fetched:
    """Land what the wanted sources say of a whole season; those that need more than 100 requests only if chosen."""
    return _all_at_once(
        Orders(
            platform=platform,
            first=lambda live, now: live.of_season(season, now),
            is_season=True,
            wanted=wanted or Wanted(),
            is_forced=is_forced,
            progress=progress,
        )
    )


def _all_at_once(orders: Orders) -> Fetched:
    asked = [Asking(source, orders) for source in Source if source in orders.wanted.feeds]
    with ThreadPoolExecutor(max_workers=len(Source), thread_name_prefix="fetch") as threads:
        running = [threads.submit(one.run) for one in asked]
        try:
            return Fetched([one.result() for one in running])
        except BaseException:
            orders.stopped.set()
            raise
