"""The brief's form: the fields above and below the bullets, and the way from what is typed to a content."""

import datetime as dt
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import workflow
from ..content import LANG, Byline, Content, Facts, Side
from ..models import Access, ArticleKind, Person
from . import names
from .draft import LEADS, TEXT_FACTS, Draft
from .fields import MomentField
from .reasons import Said, Untaken
from .words import FIELD_LABELS


def words(side: Side, rows: int) -> forms.Textarea:
    return forms.Textarea(
        attrs={"lang": LANG[side], "rows": rows, "spellcheck": "true" if side == "en" else "false"}
    )


def line(limit: int, **attrs: Any) -> forms.CharField:
    return forms.CharField(max_length=limit, required=False, strip=False, widget=forms.TextInput(attrs=attrs))


class BriefForm(forms.Form):
    """Bound to the fields of a draft. Limits are the columns'; lengths of the words are the workflow's."""

    headline_zh = forms.CharField(required=False, strip=False, widget=words("zh", 1))
    headline_en = forms.CharField(required=False, strip=False, widget=words("en", 1))
    summary_zh = forms.CharField(required=False, strip=False, widget=words("zh", 4))
    summary_en = forms.CharField(required=False, strip=False, widget=words("en", 4))
    source = forms.ChoiceField(required=False)
    source_new = line(200)
    date = line(60, placeholder="2025-06-09")
    date_label = line(60, placeholder="May/June 2025")
    title = line(500)
    url = line(800, inputmode="url")
    doi = line(200)
    language = line(20, placeholder="en")
    access = forms.ChoiceField(choices=[("", "–"), *Access.choices], required=False)
    kind = forms.ChoiceField(choices=[("", "–"), *ArticleKind.choices], required=False)
    accessed_on = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    archive_url = line(800, inputmode="url")
    embargo_until = MomentField(required=False)
    source_withdrew = forms.BooleanField(required=False)

    def __init__(self, draft: Draft) -> None:
        super().__init__(
            {name: value for name, value in draft.fields.items() if value}, auto_id="%s", label_suffix=""
        )
        chosen = draft.fields["source"]
        pk = int(chosen) if chosen.isdecimal() and len(chosen) < 10 else None
        cast(forms.ChoiceField, self.fields["source"]).choices = [("", "–"), *names.current_sources(pk)]
        labels = {**FIELD_LABELS, "source_new": gettext_lazy("Or a new source")}
        for name, field in self.fields.items():
            field.label = str(labels[name])


def content_typed(draft: Draft, *, by: Person) -> Content:
    """What is typed as a content. New names become rows, so call it in the transaction of the save.

    Raises Untaken with all the sentences at once.
    """
    form = BriefForm(draft)
    said = [Said(str(message), name) for name, found in form.errors.items() for message in found]
    rows = _Rows(said, by)
    facts = Facts(
        source=rows.source(draft),
        authors=rows.authors(draft),
        keywords=rows.keywords(draft),
        embargo_until=_utc(form.cleaned_data.get("embargo_until")),
        source_withdrew=form.cleaned_data.get("source_withdrew", False),
        **{name: _text(form.cleaned_data.get(name)) for name in TEXT_FACTS},
    )
    if said:
        raise Untaken(said)
    leads = {name: form.cleaned_data[name] for name in LEADS}
    return Content(**leads, bullets=draft.bullets_typed(), facts=facts)


class _Rows:
    """Finds or makes the rows that typed names mean, and collects what cannot be taken."""

    def __init__(self, said: list[Said], by: Person) -> None:
        self.said = said
        self.by = by

    def source(self, draft: Draft) -> int | None:
        if typed := draft.fields["source_new"].strip():
            return self._row(names.source_named, typed, "source")
        chosen = draft.fields["source"]
        return int(chosen) if chosen.isdecimal() else None

    def authors(self, draft: Draft) -> tuple[Byline, ...]:
        found = []
        for row in draft.authors:
            if row.deleted or (
                row.is_blank and not (row.affiliation_zh.strip() or row.affiliation_en.strip())
            ):
                continue
            if row.is_blank:
                self.said.append(Said(_("Enter the author's name."), f"name-{row.key}"))
                continue
            pk = self._kept(row.id, row.was, row.name)
            pk = pk or self._row(names.author_named, row.name, f"name-{row.key}")
            if pk:
                found.append(Byline(pk, row.affiliation_zh, row.affiliation_en))
        return tuple(found)

    def keywords(self, draft: Draft) -> tuple[int, ...]:
        found = []
        for row in draft.keywords:
            if row.deleted or row.is_blank:
                continue
            pk = self._kept(row.id, row.was, row.name)
            pk = pk or self._row(names.keyword_named, row.name, f"name-{row.key}")
            if pk:
                found.append(pk)
        return tuple(found)

    @staticmethod
    def _kept(id: str, was: str, name: str) -> int | None:
        return int(id) if name == was and id.isascii() and id.isdecimal() and len(id) < 10 else None

    def _row(self, named: Any, typed: str, about: str) -> int | None:
        try:
            return int(named(typed, by=self.by).pk)
        except names.NameUntaken as error:
            self.said.append(Said(str(error), about))
        except workflow.Refused as refused:
            self.said.extend(Said(str(reason), about) for reason in refused.reasons)
        return None


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else (value or "")


def _utc(moment: dt.datetime | None) -> str:
    """As `workflow.content_of` writes it, so that an untouched one is no change."""
    return moment.astimezone(dt.UTC).isoformat() if moment else ""
