"""Content → HTML: what an edition freezes, as fragments of the three views.

Pure functions of content and of plain data, through the templates `briefs/_*.html`. The result is stored
as derived data beside the edition (`briefs.derive`) and set into a page by `briefs.public`. Nothing here
reads the database or a request.

Where a bullet's text becomes HTML: `text.markup`, and nowhere else.
"""

from .views import (
    READING_VIEWS,
    ReadingView,
    render_fragment,
    select_order,
    strip_cover_and_links,
    strip_links,
)

VERSION = 4
"""Raise it when a fragment or a card comes out differently: `rebuild_derived` then knows what is stale."""

__all__ = [
    "READING_VIEWS",
    "VERSION",
    "ReadingView",
    "render_fragment",
    "select_order",
    "strip_cover_and_links",
    "strip_links",
]
