"""Schema parity: declared = staged = stored, compared before anything is written."""

from nba_props.errors import SchemaMismatch


def refuse_mismatch(name: str, declared: dict[str, str], found: dict[str, str]) -> None:
    """Refuse when the columns of `found` are not exactly the declared ones; the message names every difference."""
    missing = [column for column in declared if column not in found]
    extra = [column for column in found if column not in declared]
    retyped = [
        f"{column} ({found[column]} instead of {declared[column]})"
        for column in declared
        if column in found and found[column] != declared[column]
    ]
    problems = [
        f"{label}: {', '.join(columns)}"
        for label, columns in (("missing", missing), ("undeclared", extra), ("retyped", retyped))
        if columns
    ]
    if problems:
        raise SchemaMismatch(
            f"{name} does not have the declared columns ({'; '.join(problems)}); nothing was written.",
            next_step="Migrate the table (nba-props init), or for staging accept a missing column by name: --accept-missing COL.",
        )
