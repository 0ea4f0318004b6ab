"""Where the code of an asset is, as the UI links to it: its function and, where one builds it, its query."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

import nba_props
from nba_props.settings import Settings


def with_code_links(found: Sequence[Any], settings: Settings) -> Sequence[Any]:
    """Assets with links to their functions beside those to their queries: to the repository if one is set, else to files here."""
    linked = dg.with_source_code_references(found)
    if not settings.code_url:
        return linked
    root = dg.AnchorBasedFilePathMapping(Path(nba_props.__file__).parents[1], "")
    return dg.link_code_references_to_git(linked, settings.code_url, settings.code_branch, root)
