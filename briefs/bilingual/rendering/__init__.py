"""Render content to HTML fragments. Begin in `views`: `render_fragment` renders a view of a brief.

Pure functions of content and names, through the templates `briefs/_*.html`. Nothing here reads the database or a
request. Only `text.escape_text` converts bullet text to HTML.
"""

from .before_and_after import Change, list_changes
from .cards import LIST_SEPARATOR
from .text import (
    KeyLine,
    find_key_line,
    mark_language,
    render_partial,
    render_preface,
    split_paragraphs,
    strip_indentation,
)
from .title_card import draw_cover, draw_title_card
from .title_words import render_title, split_units
from .views import PICTURE_TYPES, READING_VIEWS, ReadingView, format_caption, nest_bullets, render_fragment

__all__ = [
    "LIST_SEPARATOR",
    "PICTURE_TYPES",
    "READING_VIEWS",
    "Change",
    "KeyLine",
    "ReadingView",
    "cards",
    "citation_box",
    "draw_cover",
    "draw_title_card",
    "find_key_line",
    "format_caption",
    "list_changes",
    "mark_language",
    "markdown",
    "nest_bullets",
    "page_metadata",
    "render_fragment",
    "render_partial",
    "render_preface",
    "render_title",
    "split_paragraphs",
    "split_units",
    "strip_indentation",
    "terms",
    "text",
    "title_card",
    "views",
]
