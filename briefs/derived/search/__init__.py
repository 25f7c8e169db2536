"""Full-text search in both languages, exact in Chinese: one analyser, one query syntax, and one store per database.

`analysis` tokenises texts and queries, `query` parses queries, and `indexing` updates the index in the transaction of
each change. `EDITION_INDEX` is for readers, `DRAFT_INDEX` for staff. Searches for readers return only editions listed
at the time of the search, whatever the store contains.
"""

from .analysis import fold
from .closest import ClosestAnswer, find_closest
from .engines import DRAFT_INDEX, EDITION_INDEX, get_store
from .expansion import Concepts, expand_query
from .highlighting import TextSpan, find_spans, highlight_spans
from .name_index import FACET_LETTERS, FacetKind, Name, NameIndex, load_name_index
from .query import (
    ParsedQuery,
    Phrase,
    QueryField,
    QueryTerm,
    as_prefix_query,
    build_phrase,
    has_quotation,
    parse_date_range,
    parse_query,
)
from .search_documents import NO_SUCH_FACET
from .store import ResultRow, StoreRequest, StoreResult

__all__ = [
    "DRAFT_INDEX",
    "EDITION_INDEX",
    "FACET_LETTERS",
    "NO_SUCH_FACET",
    "ClosestAnswer",
    "Concepts",
    "FacetKind",
    "Name",
    "NameIndex",
    "ParsedQuery",
    "Phrase",
    "QueryField",
    "QueryTerm",
    "ResultRow",
    "StoreRequest",
    "StoreResult",
    "TextSpan",
    "as_prefix_query",
    "build_phrase",
    "draft_index",
    "expand_query",
    "find_closest",
    "find_spans",
    "fold",
    "get_store",
    "has_quotation",
    "highlight_spans",
    "indexing",
    "load_name_index",
    "meaning",
    "parse_date_range",
    "parse_query",
    "rebuild",
    "search_log",
]
