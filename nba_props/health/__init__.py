"""The five-minute verdict on a slate: READY, DEGRADED, NOT READY or NO SLATE, with the figures and what to do next.

`status`, `v1/status.json`, the gate of the exports and alerts share it: shapes (`facts.py`), what the tables hold
(`reading.py`), the rules that judge it (`rules.py`), and the verdict (`verdict.py`). Not here: finding anything out anew
(coverage and checks are assets), printing, Dagster.
"""

from nba_props.health.facts import Finding, Level, Operations, SlateFacts, State, Verdict, export_path
from nba_props.health.reading import operations_of, slate_facts, slate_shown
from nba_props.health.rules import (
    CRITICAL_BELOW_PCT,
    WARN_BELOW_PCT,
    export_faults,
    slate_findings,
    state_of,
    unfinished_batches,
    unfinished_in_words,
)
from nba_props.health.verdict import slate_verdict

__all__ = [
    "CRITICAL_BELOW_PCT",
    "WARN_BELOW_PCT",
    "Finding",
    "Level",
    "Operations",
    "SlateFacts",
    "State",
    "Verdict",
    "export_faults",
    "export_path",
    "operations_of",
    "slate_facts",
    "slate_findings",
    "slate_shown",
    "slate_verdict",
    "state_of",
    "unfinished_batches",
    "unfinished_in_words",
]
