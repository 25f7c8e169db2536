"""The article's facts as people read them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ...content import Byline, Facts
from ...models import Access, ArticleKind
from .fact_sentences import sentence
from .interface_labels import FIELD_LABELS, remarked
from .name_fields import Names

__all__ = ["lines", "sentence", "shown"]


def lines(facts: Facts, names: Names) -> Iterator[dict[str, Any]]:
    """Every fact that has a value."""
    for name in facts.__dataclass_fields__:
        if getattr(facts, name):
            yield {"name": name, "label": FIELD_LABELS[name], "value": shown(facts, name, names)}


def shown(facts: Facts, name: str, names: Names) -> str:
    value = getattr(facts, name)
    if name == "source_withdrew":
        return _("Yes") if value else _("No")
    if not value:
        return "–"
    if name == "source":
        return names.sources.get(value, "–")
    if name == "authors":
        return "; ".join(_author(byline, names) for byline in value)
    if name == "keywords":
        return _(", ").join(names.keywords.get(pk, "") for pk in value)
    if name == "embargo_until":
        local = timezone.localtime(dt.datetime.fromisoformat(value))
        return remarked(f"{local:%Y-%m-%d %H:%M}", settings.TIME_ZONE)
    if name == "picture":
        return (
            f"{' / '.join(filter(None, (value.credit, value.licence, value.focus)))} #{value.key[:6]}".strip()
        )
    for kind, choices in (("access", Access), ("kind", ArticleKind)):
        if name == kind and value in choices.values:
            return str(choices(value).label)
    return str(value)


def _author(byline: Byline, names: Names) -> str:
    parts = (names.authors.get(byline.author, ""), byline.affiliation_zh, byline.affiliation_en)
    return " / ".join(filter(None, parts))
