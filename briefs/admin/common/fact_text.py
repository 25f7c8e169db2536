"""Format the article's facts for display."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from ...content import Byline, Facts
from ...facts import FACTS, FactKind
from .interface_labels import FIELD_LABELS, format_with_remark
from .name_fields import NamesById


def build_fact_lines(facts: Facts, names: NamesById) -> Iterator[dict[str, Any]]:
    """Yield name, label and formatted value of each fact that has a value."""
    for name in facts.__dataclass_fields__:
        if getattr(facts, name):
            yield {"name": name, "label": FIELD_LABELS[name], "value": format_fact(facts, name, names)}


def format_fact(facts: Facts, name: str, names: NamesById) -> str:
    value, fact = getattr(facts, name), FACTS[name]
    if fact.kind is FactKind.FLAG:
        return _("Yes") if value else _("No")
    if not value:
        return "–"
    if name == "source":
        return names.sources.get(value, "–")
    if name == "authors":
        return "; ".join(_author(byline, names) for byline in value)
    if name == "keywords":
        return _(", ").join(names.keywords.get(pk, "") for pk in value)
    if fact.kind is FactKind.MOMENT:
        local = timezone.localtime(dt.datetime.fromisoformat(value))
        return format_with_remark(f"{local:%Y-%m-%d %H:%M}", settings.TIME_ZONE)
    if name == "picture":
        return (
            f"{' / '.join(filter(None, (value.credit, value.licence, value.focus)))} #{value.key[:6]}".strip()
        )
    return _(fact.choices[value]) if value in fact.choices else str(value)


def _author(byline: Byline, names: NamesById) -> str:
    parts = (names.authors.get(byline.author, ""), byline.affiliation_zh, byline.affiliation_en)
    return " / ".join(filter(None, parts))
