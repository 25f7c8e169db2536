"""Render content to HTML fragments of the three views.

Pure functions of content and plain data, through the templates `briefs/_*.html`. The result is stored as
derived data of the edition (`briefs.derived`) and inserted into a page by `briefs.public`. Nothing here
reads the database or a request. Only `text.escape_text` converts bullet text to HTML.
"""

from .views import (
    READING_VIEWS,
    ReadingView,
    render_fragment,
    select_order,
    strip_cover_and_links,
    strip_links,
)

VERSION = 6
"""Increase when the output of a fragment or card changes, so that `rebuild_derived` finds stale rows."""

__all__ = [
    "READING_VIEWS",
    "VERSION",
    "ReadingView",
    "render_fragment",
    "select_order",
    "strip_cover_and_links",
    "strip_links",
]
