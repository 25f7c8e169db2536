"""The site for readers. `urls` names every address and keeps answers (`page_cache`); `views` and `subject_views`
render pages, from `editions` and `subject_queries`; `feeds`, `brief_answers`, `sitemaps` and `api/` are for programs.

In: a request. Out: what `listed(now)` allows; for a guest with a link, one revision (`preview_views`).
"""

from .api.api_responses import CORS, Problem
from .letter_forms import build_form_context, read_sender, receive_form
from .responses import (
    NO_STORE,
    LanguageConverter,
    accepts_chinese,
    drop_session,
    language_from_path,
    strip_head_body,
)

__all__ = [
    "CORS",
    "NO_STORE",
    "LanguageConverter",
    "Problem",
    "accepts_chinese",
    "build_form_context",
    "drop_session",
    "language_from_path",
    "page_cache",
    "read_sender",
    "receive_form",
    "responses",
    "strip_head_body",
]
