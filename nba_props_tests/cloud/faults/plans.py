"""Which requests meet which fault. A plan is asked once for each request, in the order in which they arrive."""

import random
from collections.abc import Sequence

from nba_props_tests.cloud.faults.proxy import Asked, Fault, Plan


def none(_: Asked) -> None:
    """Nothing happens."""


def lost_then_out(number: int) -> Plan:
    """An outage that no patience outlasts: the answer to one request is lost, and no later one arrives."""

    def plan(asked: Asked) -> Fault | None:
        if asked.number < number:
            return None
        return Fault.LOST_ANSWER if asked.number == number else Fault.NOT_SENT

    return plan


def each_once(faults: Sequence[Fault], seed: int = 0) -> Plan:
    """Every request meets one of the faults the first time it is made, and is let through the second time."""
    dice = random.Random(seed)
    met: set[tuple[str, str]] = set()

    def plan(asked: Asked) -> Fault | None:
        key = (asked.method, asked.path)
        if key in met:
            met.remove(key)
            return None
        met.add(key)
        return dice.choice(faults)

    return plan
