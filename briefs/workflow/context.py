"""What the checks know, read from the vocabulary."""

from .. import checks
from ..models import Author, Source, Term


def context() -> checks.Context:
    pairs = [
        *Author.objects.filter(merged_into=None).values_list("name", "name_zh"),
        *Source.objects.filter(merged_into=None).values_list("name", "name_zh"),
    ]
    names = [name for pair in pairs for name in pair if name]
    columns = ("zh", "en", "also_zh", "also_en", "avoid_zh", "avoid_en", "safe_zh", "safe_en")
    terms = tuple(checks.TermData.of(row) for row in Term.objects.filter(merged_into=None).values(*columns))
    return checks.Context(terms=terms, names=tuple(names))
