"""An interruption that means everything: Dagster itself takes Ctrl-C for the failure of one step, and would go on."""

from collections.abc import Mapping

import dagster as dg

from nba_props.plan import Runner, Stage

_INTERRUPTED = (dg.DagsterExecutionInterruptedError.__name__, "Execution was interrupted")
"""How Dagster tells that a step was interrupted, and that a run was, between two steps."""


class InterruptibleRunner(Runner):
    """The plan's runner, which stops the plan when a person, or the deadline of the run it is in, interrupts a step."""

    def execute(self, job: dg.JobDefinition, stage: Stage, tags: Mapping[str, str] | None = None) -> bool:
        before = len(self.outcome.failures)
        is_success = super().execute(job, stage, tags)
        if any(word in failure for failure in self.outcome.failures[before:] for word in _INTERRUPTED):
            del self.outcome.failures[before:], self.outcome.failed_steps[before:]
            raise KeyboardInterrupt
        return is_success
