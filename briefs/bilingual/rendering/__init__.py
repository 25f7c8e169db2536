"""Render content to HTML fragments. Begin in `text`: `render_fragment` renders a view of a brief.

Pure functions of content and names, through the templates `briefs/_*.html`. Nothing here reads the database or a
request. Only `text.escape_text` converts bullet text to HTML.
"""

from .text import READING_VIEWS, ReadingView, render_fragment

__all__ = ["READING_VIEWS", "ReadingView", "render_fragment"]
