"""Rows and values that can be rebuilt from editions. `build` stores rows when an edition is added; `public_brief` loads
an edition with its names, for pages; `brief_shape` is the form for the API and exports; `search/` finds editions.

In: editions, the names of today, a question. Out: list rows, public briefs, ids of editions.
"""

from .page_names import LoadedNames, PageNames
from .public_brief import BRIEF_COLUMNS, build_briefs, build_source_name, build_unpublished_brief, join_briefs
from .related_briefs import find_related
from .term_occurrences import GlossaryEntry, TermRows, build_glossary_entries, fetch_term_rows

__all__ = [
    "BRIEF_COLUMNS",
    "GlossaryEntry",
    "LoadedNames",
    "PageNames",
    "TermRows",
    "brief_shape",
    "build",
    "build_briefs",
    "build_glossary_entries",
    "build_source_name",
    "build_unpublished_brief",
    "corpus",
    "fetch_term_rows",
    "find_related",
    "join_briefs",
    "name_changes",
    "search",
    "shape_builder",
    "translation_memory",
]
