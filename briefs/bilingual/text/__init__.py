"""Functions on plain texts, names, dates and addresses. They import neither Django nor `lexicon`. Comparisons
begin in `text_diff`.
"""

from .data_files import read_sections
from .date_format import ENGLISH_MONTHS, format_day, format_month, format_with_weekday
from .inline_markup import Run, Style, parse_inline, strip_inline
from .paths import LANGUAGE_CODES, NATIVE_LANGUAGE_NAMES, OTHER_SIDE
from .scripts import (
    count_han,
    cut_label,
    detect_language_code,
    detect_side,
    display_width,
    fold_accents,
    is_wider,
    join_wrapped,
    split_bilingual,
    split_sentences,
    stem_word,
)
from .similarity import (
    are_similar_names,
    compute_keys,
    estimate_highest_likeness,
    fold_name,
    measure_likeness,
)

__all__ = [
    "ENGLISH_MONTHS",
    "LANGUAGE_CODES",
    "NATIVE_LANGUAGE_NAMES",
    "OTHER_SIDE",
    "Run",
    "Style",
    "are_similar_names",
    "article_urls",
    "compute_keys",
    "content_diff",
    "content_merge",
    "count_han",
    "cut_label",
    "date_format",
    "detect_language_code",
    "detect_side",
    "display_width",
    "estimate_highest_likeness",
    "fold_accents",
    "fold_name",
    "format_day",
    "format_month",
    "format_with_weekday",
    "is_wider",
    "join_wrapped",
    "measure_likeness",
    "parse_inline",
    "paths",
    "person_names",
    "read_sections",
    "slugs",
    "split_bilingual",
    "split_sentences",
    "stem_word",
    "strip_inline",
    "text_diff",
]
