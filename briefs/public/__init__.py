"""The site for readers. `urls` names every address and keeps answers (`page_cache`); `views` and `subject_views`
render pages, from `editions` and `subject_queries`; `feeds`, `brief_answers`, `sitemaps`, `site_files` and `api/`
are for programs.

In: a request. Out: what `listed(now)` allows; for a guest with a link, one revision (`preview_views`).
"""

from .api.api_responses import CORS, Problem
from .letter_forms import read_sender

__all__ = ["CORS", "Problem", "page_cache", "read_sender", "responses"]
