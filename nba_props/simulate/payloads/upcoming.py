"""What sources without slates say of injuries: one list of who is hurt now, put together from the reports of the next games."""

from datetime import datetime, timedelta

from nba_props.domain.calendar import slate_date
from nba_props.simulate.payloads.world import Injury, World


def current_injuries(world: World, now: datetime) -> list[Injury]:
    """The last word on each player listed for today's or tomorrow's games; tomorrow's counts where both list him."""
    today = slate_date(now)
    of_both = [one for day in (today, today + timedelta(days=1)) for one in world.injuries(day, now)]
    latest = {one.person.player_id: one for one in of_both}
    return list(latest.values())
