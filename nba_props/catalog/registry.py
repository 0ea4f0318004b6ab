"""Every table of the platform, by logical name."""

from types import ModuleType

from nba_props.catalog import analytics, grading, monitoring, precompute, predictions, raw, reference
from nba_props.catalog.model import CatalogError, Table


def _collect(*modules: ModuleType) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Table) and found.setdefault(value.full_name, value) is not value:
                raise CatalogError(f"{value.full_name} is declared twice.")
    return found


TABLES: dict[str, Table] = _collect(raw, reference, analytics, precompute, predictions, grading, monitoring)


def table(full_name: str) -> Table:
    """The table of a logical name such as `nba_raw.schedule`; KeyError names what is known."""
    if full_name not in TABLES:
        raise KeyError(f"{full_name!r} is not in the catalogue; known: {', '.join(sorted(TABLES))}")
    return TABLES[full_name]
