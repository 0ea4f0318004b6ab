"""The public command line: other tools rely on its names, flags and exit codes (0 ok, 1 DEGRADED, 2 NOT READY or error).

Here belongs how a command ends: what is printed of an error, and with which code the process leaves. Commands live in
their modules, a group each; what they do is the platform's own, so that a command and the UI mean the same.
"""

import sys

from nba_props.cli.ending import run_to_end


def main() -> None:
    """Entry point of `nba-props`."""
    sys.exit(run_to_end(sys.argv[1:]))
