"""How results look on a terminal, a module a kind of result. Everything here is given its facts; nothing here finds one out."""

from nba_props.cli.render.batches import cleaned, consolidated, staging
from nba_props.cli.render.explanation import trace
from nba_props.cli.render.history import pruned, runs
from nba_props.cli.render.homes import end_of_names, fetched, imported, initialised
from nba_props.cli.render.names import queue
from nba_props.cli.render.overview import missing, seasons, slates
from nba_props.cli.render.readiness import cost, daemon, failures, run_again, verdict, verdicts
from nba_props.cli.render.shelf import decided, models
from nba_props.cli.render.slate import coverage, exports, grades, grades_table

__all__ = [
    "cleaned",
    "consolidated",
    "cost",
    "coverage",
    "daemon",
    "decided",
    "end_of_names",
    "exports",
    "failures",
    "fetched",
    "grades",
    "grades_table",
    "imported",
    "initialised",
    "missing",
    "models",
    "pruned",
    "queue",
    "run_again",
    "runs",
    "seasons",
    "slates",
    "staging",
    "trace",
    "verdict",
    "verdicts",
]
