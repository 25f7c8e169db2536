"""The brief form: its values as typed, its fields, parsing to a content, and the parts that autosave can store.

All values are text, so that invalid input is kept as typed. Workflow state and hashes are not part of a
draft. Rows are identified by keys (`b4` is bullet number 4, `n` with 32 hex digits a new bullet whose key the
server remembers) and are in the order sent by the page.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any, Final, Self, cast

from django import forms
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs import workflow
from briefs.admin.common import name_fields
from briefs.admin.common.brief_pages import BULLET_STRUCTURES, parse_int_or_zero, parse_structure
from briefs.admin.common.form_fields import (
    FieldError,
    FieldRenderer,
    InvalidDraft,
    LocalDateTimeField,
    parse_typed_date,
)
from briefs.admin.common.interface_labels import FIELD_LABELS, interface_side
from briefs.admin.common.name_fields import NamesById
from briefs.bilingual.text import cut_label
from briefs.content import (
    ALT_TEXT_FIELDS,
    CHANGE_FIELDS,
    LANGUAGE_TAGS,
    LEAD_FIELDS,
    MAX_NAMES,
    SIDES,
    Bullet,
    Byline,
    Content,
    Facts,
    Picture,
    Side,
)
from briefs.facts import SCALAR_FACTS, Fact, FactKind, format_column_value
from briefs.models import ChangeKind, Person
from briefs.workflow.rules import working_copy

# The brief form's values as typed, read from a content or a POST, and conversion of bullets and picture back.

FACT_FIELDS: Final = ("source", "source_new", *SCALAR_FACTS)
PICTURE_FIELDS: Final = ("picture", "picture_credit", "picture_licence", "picture_x", "picture_y")
"""Form fields of the picture: key, credit, licence, and the focus point in percent."""
TEXT_FIELDS: Final = (*CHANGE_FIELDS, *LEAD_FIELDS, *ALT_TEXT_FIELDS)
FORM_FIELDS: Final = (*TEXT_FIELDS, "key_point", *FACT_FIELDS, *PICTURE_FIELDS)
CHECKBOX_FIELDS: Final = frozenset(n for n, fact in SCALAR_FACTS.items() if fact.kind is FactKind.FLAG)
"""Browsers send these only when ticked."""

_ROW_KEY = re.compile(r"[a-z]\d{1,9}|n[0-9a-f]{32}")


@dataclass(slots=True)
class BulletRow:
    """One pair of the form. A structure combines level and marker: `0-bullet`, `1-number`."""

    key: str
    text_zh: str = ""
    text_en: str = ""
    structure_zh: str = BULLET_STRUCTURES[0]
    structure_en: str = BULLET_STRUCTURES[0]
    passage: str = ""
    one_sided: str = ""
    deleted: str = ""

    @property
    def number(self) -> int:
        """Return the bullet's number, or 0 for a new bullet."""
        return int(self.key[1:]) if self.key[0] == "b" else 0

    def cell(self, side: Side) -> tuple[str, str]:
        return (self.text_zh, self.structure_zh) if side == "zh" else (self.text_en, self.structure_en)

    @property
    def is_blank(self) -> bool:
        return not (self.text_zh.strip() or self.text_en.strip())


@dataclass(slots=True)
class KeywordRow:
    """`was` is the name as the page showed it; while `name` is unchanged, `id` identifies the vocabulary row."""

    key: str
    id: str = ""
    was: str = ""
    name: str = ""
    deleted: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.name.strip()


@dataclass(slots=True)
class AuthorRow(KeywordRow):
    affiliation_zh: str = ""
    affiliation_en: str = ""


ROW_TYPES: Final[dict[str, type[Any]]] = {"bullet": BulletRow, "author": AuthorRow, "keyword": KeywordRow}
NEW_KEY_PREFIXES: Final = {"bullet": "n", "author": "w", "keyword": "x"}
"""First letter of a new row's key."""


@dataclass(slots=True)
class Draft:
    """The values of a form. `version`: the brief's when the page was rendered. `base_revision`: number of its newest
    revision then.

    `unsent_fields`: names of fields missing from the POST, since a page from before an upgrade lacks new fields.
    """

    fields: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FORM_FIELDS, ""))
    bullets: list[BulletRow] = field(default_factory=list)
    authors: list[AuthorRow] = field(default_factory=list)
    keywords: list[KeywordRow] = field(default_factory=list)
    version: int = 0
    base_revision: int = 0
    unsent_fields: frozenset[str] = frozenset()

    @classmethod
    def from_content(cls, content: Content, names: NamesById, *, version: int = 0, base: int = 0) -> Self:
        facts = content.facts
        fields = {name: getattr(content, name) for name in TEXT_FIELDS}
        fields |= {"key_point": str(content.key_point or "")}
        fields |= {"source": str(facts.source or ""), "source_new": ""}
        fields |= {n: _format_fact_input(fact, getattr(facts, n)) for n, fact in SCALAR_FACTS.items()}
        fields |= _picture_fields(facts.picture or Picture(""))
        authors = [
            AuthorRow(
                *_identify("a", byline.author, names.authors),
                affiliation_zh=byline.affiliation_zh,
                affiliation_en=byline.affiliation_en,
            )
            for byline in facts.authors
        ]
        keywords = [KeywordRow(*_identify("k", pk, names.keywords)) for pk in facts.keywords]
        return cls(fields, [build_bullet_row(b) for b in content.bullets], authors, keywords, version, base)

    @classmethod
    def from_post(cls, data: QueryDict) -> Self:
        draft = cls(
            {name: data.get(name, "") for name in FORM_FIELDS},
            list(_parse_rows(data, "bullet")),
            list(_parse_rows(data, "author")),
            list(_parse_rows(data, "keyword")),
            parse_int_or_zero(data.get("version", "")),
            parse_int_or_zero(data.get("base", "")),
        )
        if max(len(draft.authors), len(draft.keywords)) > 5 * MAX_NAMES:
            raise TooManyFieldsSent  # a forged form: answered 400, because showing so many rows again takes seconds
        draft.unsent_fields = (
            frozenset(name for name in draft._expected_field_names() if name not in data) - CHECKBOX_FIELDS
        )
        return draft

    def _expected_field_names(self) -> Iterator[str]:
        """Yield the names of all form fields of stored rows. New rows have no stored version to compare with."""
        yield from FORM_FIELDS
        for group, new in NEW_KEY_PREFIXES.items():
            for row in self.rows(group):
                if row.key[0] != new:
                    yield from (f"{name}-{row.key}" for name in _cell_names(type(row)))

    def fill_unsent(self, base: Self) -> None:
        """Set fields missing from the POST to their value in the base draft."""
        for name in self.unsent_fields.intersection(FORM_FIELDS):
            self.fields[name] = base.fields[name]
        for group in ROW_TYPES:
            found = {row.key: row for row in base.rows(group)}
            for row in self.rows(group):
                for name in _cell_names(type(row)) if row.key in found else ():
                    if f"{name}-{row.key}" in self.unsent_fields:
                        setattr(row, name, getattr(found[row.key], name))

    def rows(self, group: str) -> list[Any]:
        return cast(list[Any], getattr(self, f"{group}s"))

    def bullets_to_save(self) -> list[BulletRow]:
        """Return the bullets that are neither deleted nor blank."""
        return [row for row in self.bullets if not row.deleted and not row.is_blank]

    def apply_command(self, command: str) -> str:
        """Apply a button's command: `up:b4`, `down:b4`, `delete:b4`, `restore:b4`, `after:b4`, `add:bullet`.

        Returns the key of the row to focus; an unknown command changes nothing.
        """
        verb, _, key = command.partition(":")
        if verb == "add" and key in ROW_TYPES:
            return self._add_row(key, len(self.rows(key)))
        for group in ROW_TYPES:
            rows = self.rows(group)
            at = next((i for i, row in enumerate(rows) if row.key == key), None)
            if at is None:
                continue
            if verb == "after":
                return self._add_row(group, at + 1)
            if verb in ("delete", "restore"):
                rows[at].deleted = "1" if verb == "delete" else ""
            elif verb in ("up", "down"):
                to = at + (1 if verb == "down" else -1)
                if 0 <= to < len(rows):
                    rows[at], rows[to] = rows[to], rows[at]
            return key
        return ""

    def _add_row(self, group: str, index: int) -> str:
        rows, letter = self.rows(group), NEW_KEY_PREFIXES[group]
        if group == "bullet":
            # The server remembers this key, so that no later save gives the bullet another number.
            key = f"{letter}{token_hex(16)}"
        else:
            taken = [int(row.key[1:]) for row in rows if row.key[0] == letter and len(row.key) < 11]
            key = f"{letter}{max(taken, default=0) + 1}"
        rows.insert(index, ROW_TYPES[group](key))
        return key

    def add_spare_rows(self) -> Self:
        """Add an empty bullet if there is none, and an empty author and keyword row if all are filled."""
        if not self.bullets:
            self._add_row("bullet", 0)
        for group in ("author", "keyword"):
            if all(not row.is_blank for row in self.rows(group)):
                self._add_row(group, len(self.rows(group)))
        return self

    def build_picture(self) -> Picture | None:
        """Build the picture without its size, which the workflow looks up.

        An incomplete focus point is ignored.
        """
        key, credit, licence, x, y = (self.fields[name] for name in PICTURE_FIELDS)
        point = [_parse_percent(x), _parse_percent(y)]
        focus = "" if "" in point else ",".join(point)
        return Picture(key, credit=credit, licence=licence, focus=focus) if key else None

    def new_bullet_keys(self) -> list[str]:
        """Return the keys of the new bullets to save."""
        return [row.key for row in self.bullets_to_save() if not row.number]

    def build_bullets(self, bullet_numbers: Mapping[str, int]) -> tuple[Bullet, ...]:
        """Build the bullets to save. `bullet_numbers` maps keys of new bullets to numbers."""
        return tuple(
            build_bullet(row, row.number or bullet_numbers.get(row.key, 0)) for row in self.bullets_to_save()
        )


def _identify(letter: str, pk: int, names: Mapping[int, str]) -> tuple[str, str, str, str]:
    """Return key, id, name as shown and name as typed of a stored row."""
    name = names.get(pk, "")
    return f"{letter}{pk}", str(pk), name, name


def get_merge_key(field_name: str) -> str:
    """Return the merge key of a form field (see `text.content_merge`). Several fields may share one."""
    if field_name in PICTURE_FIELDS:
        return "picture"
    return "source" if field_name == "source_new" else field_name


def _picture_fields(picture: Picture) -> dict[str, str]:
    x, _, y = picture.focus.partition(",")
    return dict(zip(PICTURE_FIELDS, (picture.key, picture.credit, picture.licence, x, y), strict=True))


def _parse_rows(data: QueryDict, group: str) -> Iterator[Any]:
    """Yield the rows in page order. A key sent twice is read once."""
    kind = ROW_TYPES[group]
    names, blank = _cell_names(kind), kind("n0")
    for key in dict.fromkeys(data.getlist(group)):
        if _ROW_KEY.fullmatch(key):
            yield kind(key, **{name: data.get(f"{name}-{key}", getattr(blank, name)) for name in names})


def _cell_names(row_type: type[Any]) -> list[str]:
    return [name for name in row_type.__dataclass_fields__ if name != "key"]


def build_bullet_row(bullet: Bullet) -> BulletRow:
    return BulletRow(
        key=f"b{bullet.number}",
        text_zh=bullet.text_zh,
        text_en=bullet.text_en,
        structure_zh=f"{bullet.level_zh}-{bullet.marker_zh}",
        structure_en=f"{bullet.level_en}-{bullet.marker_en}",
        passage=bullet.passage,
        one_sided=bullet.one_sided,
    )


def build_bullet(row: BulletRow, number: int) -> Bullet:
    (level_zh, marker_zh), (level_en, marker_en) = (
        parse_structure(row.structure_zh),
        parse_structure(row.structure_en),
    )
    return Bullet(
        number=number,
        text_zh=row.text_zh,
        text_en=row.text_en,
        level_zh=level_zh,
        level_en=level_en,
        marker_zh=marker_zh,
        marker_en=marker_en,
        passage=row.passage,
        one_sided=row.one_sided,
    )


def _parse_percent(value: str) -> str:
    return str(min(parse_int_or_zero(value), 100)) if value.isascii() and value.isdecimal() else ""


def _format_fact_input(fact: Fact, value: str | bool) -> str:
    if isinstance(value, bool):
        return "on" if value else ""
    return _to_local_input(value) if value and fact.kind is FactKind.MOMENT else value


def _to_local_input(iso: str) -> str:
    """Format a moment for a `datetime-local` input, in the site's time zone."""
    local = timezone.localtime(dt.datetime.fromisoformat(iso)).replace(tzinfo=None)
    return local.isoformat(timespec="minutes" if not local.second else "seconds")


# The brief form's fields other than bullets, and parsing of a draft to a content.


def build_textarea(side: Side, rows: int) -> forms.Textarea:
    return forms.Textarea(
        attrs={"lang": LANGUAGE_TAGS[side], "rows": rows, "spellcheck": "true" if side == "en" else "false"}
    )


def build_percent_input() -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": 0, "max": 100, "placeholder": 50})


def build_text_field(max_length: int | None, **attrs: Any) -> forms.CharField:
    return forms.CharField(
        max_length=max_length, required=False, strip=False, widget=forms.TextInput(attrs=attrs)
    )


def build_fact_field(fact: Fact) -> forms.Field:
    match fact.kind:
        case FactKind.CHOICE:
            choices = [(value, gettext_lazy(label)) for value, label in fact.choices.items()]
            return forms.ChoiceField(choices=[("", "–"), *choices], required=False)
        case FactKind.DAY:
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(required=False, input_formats=["%Y-%m-%d"], widget=widget)
        case FactKind.MOMENT:
            return LocalDateTimeField(required=False)
        case FactKind.FLAG:
            return forms.BooleanField(required=False)
        case FactKind.LINK:
            return build_text_field(fact.limit, inputmode="url")
    return build_text_field(fact.limit, **({"placeholder": fact.example} if fact.example else {}))


class ChangeForm(forms.Form):
    """What an edition of a brief or an issue changes."""

    default_renderer = FieldRenderer

    change_kind = forms.ChoiceField(
        label=cast(str, FIELD_LABELS["change_kind"]), choices=[("", "–"), *ChangeKind.choices], required=False
    )
    change_note_zh = forms.CharField(
        label=cast(str, FIELD_LABELS["change_note_zh"]),
        required=False,
        strip=False,
        widget=build_textarea("zh", 2),
    )
    change_note_en = forms.CharField(
        label=cast(str, FIELD_LABELS["change_note_en"]),
        required=False,
        strip=False,
        widget=build_textarea("en", 2),
    )


class BriefForm(ChangeForm):
    """Bound to the fields of a draft.

    Maximum lengths are those of the columns; the workflow checks text lengths. `stored_source`: id of the source from
    which the draft was begun; if it is still chosen, the list of all sources is not loaded.
    """

    headline_zh = forms.CharField(required=False, strip=False, widget=build_textarea("zh", 1))
    headline_en = forms.CharField(required=False, strip=False, widget=build_textarea("en", 1))
    summary_zh = forms.CharField(required=False, strip=False, widget=build_textarea("zh", 4))
    summary_en = forms.CharField(required=False, strip=False, widget=build_textarea("en", 4))
    key_point = forms.ChoiceField(required=False)
    source = forms.ChoiceField(required=False)
    source_new = build_text_field(200)
    picture_alt_zh = forms.CharField(required=False, strip=False, widget=build_textarea("zh", 2))
    picture_alt_en = forms.CharField(required=False, strip=False, widget=build_textarea("en", 2))
    picture = forms.CharField(required=False, widget=forms.HiddenInput)
    picture_credit = build_text_field(None)
    picture_licence = build_text_field(None, placeholder="CC BY 4.0")
    picture_x = forms.CharField(required=False, widget=build_percent_input())
    picture_y = forms.CharField(required=False, widget=build_percent_input())

    def __init__(self, draft: Draft, stored_source: int | None = None) -> None:
        super().__init__(
            {name: value for name, value in draft.fields.items() if value}, auto_id="%s", label_suffix=""
        )
        self.fields |= {name: build_fact_field(fact) for name, fact in SCALAR_FACTS.items()}
        self.order_fields(FORM_FIELDS)
        texts = {row.number: (row.text_zh, row.text_en) for row in draft.bullets if not row.deleted}
        choices = list_key_points(texts, draft.fields["key_point"])
        cast(forms.ChoiceField, self.fields["key_point"]).choices = choices
        chosen = draft.fields["source"]
        pk = parse_int_or_zero(chosen) or None
        cast(forms.ChoiceField, self.fields["source"]).choices = [
            ("", "–"),
            *([(chosen, "")] if pk and pk == stored_source else name_fields.list_source_choices(pk)),
        ]
        labels = {**FIELD_LABELS, "source_new": gettext_lazy("Or a new source")}
        for name, form_field in self.fields.items():
            form_field.label = str(labels[name])

    def clean_date(self) -> str:
        return parse_typed_date(self.cleaned_data["date"]).iso

    def clean_date_label(self) -> str:
        """Return the issue label, taken from the date field if an issue was typed there."""
        if label := self.cleaned_data["date_label"]:
            return str(label)
        typed = self.data.get("date", "")
        return parse_typed_date(typed).label if "date" in self.cleaned_data else ""


def list_key_points(texts: Mapping[int, tuple[str, str]], chosen: str) -> Iterator[tuple[str, str]]:
    """Yield the stored pairs that have both languages, and the present choice, which tidying clears if it is none of them.

    `texts`: Chinese and English of each bullet by its number, which is 0 until it is stored.
    """
    yield "", _("Last sentence of the summary")
    offered = {str(number): pair for number, pair in texts.items() if number and all(map(str.strip, pair))}
    for number, pair in offered.items():
        words = " ".join(pair[SIDES.index(interface_side())].split())
        yield number, f"#b{number}  {cut_label(words, interface_side())}"
    if chosen and chosen not in offered:
        yield chosen, f"#b{chosen}"


def parse_content(
    draft: Draft, base: Content, bullet_numbers: Mapping[str, int] | None = None, *, by: Person
) -> Content:
    """Parse a draft to a content, based on `base` for values that the form does not have.

    New names become rows, so call this in the transaction of the save. `bullet_numbers` maps keys of new
    bullets to numbers. Raises InvalidDraft with all errors at once.
    """
    content, errors = parse_content_with_errors(draft, base, bullet_numbers or {}, by=by)
    if errors:
        raise InvalidDraft(errors)
    return content


def parse_content_with_errors(
    draft: Draft, base: Content, bullet_numbers: Mapping[str, int], *, by: Person | None
) -> tuple[Content, list[FieldError]]:
    """Parse a draft like `parse_content`, but return the errors and keep the base value of invalid fields.

    Without `by`, no new vocabulary rows are created. Raises Refused, before any work, if the draft is too large.
    """
    bullets = draft.build_bullets(bullet_numbers)
    typed = {name: draft.fields[name] for name in TEXT_FIELDS}
    working_copy.require_bounded(replace(base, **typed, bullets=bullets), draft.authors, draft.keywords)  # type: ignore[arg-type]
    form = BriefForm(draft, base.facts.source)
    errors = [FieldError(str(message), name) for name, found in form.errors.items() for message in found]
    rows = _VocabularyResolver(errors, by)
    facts = {
        "source": rows.resolve_source(draft),
        "authors": rows.resolve_authors(draft, base.facts),
        "keywords": rows.resolve_keywords(draft, base.facts),
        "picture": draft.build_picture(),
        **{name: format_column_value(form.cleaned_data.get(name)) for name in SCALAR_FACTS},
    }
    accepted_facts = {name: value for name, value in facts.items() if name not in form.errors}
    leads = {name: form.cleaned_data[name] for name in TEXT_FIELDS if name not in form.errors}
    content = replace(base, **leads, bullets=bullets, facts=replace(base.facts, **accepted_facts))
    return replace(content, key_point=parse_int_or_zero(draft.fields["key_point"])), errors


class _VocabularyResolver:
    """Find or create the rows for typed names and collect the errors.

    An invalid name keeps the row that it would have replaced.
    """

    def __init__(self, errors: list[FieldError], by: Person | None) -> None:
        self.errors = errors
        self.by = by

    def resolve_source(self, draft: Draft) -> int | None:
        chosen = draft.fields["source"]
        current = parse_int_or_zero(chosen) or None
        if typed := draft.fields["source_new"].strip():
            return self._find_or_create(name_fields.find_or_create_source, typed, "source") or current
        return current

    def resolve_authors(self, draft: Draft, base_facts: Facts) -> tuple[Byline, ...]:
        current_ids = {byline.author for byline in base_facts.authors}
        bylines = []
        for row in draft.authors:
            if row.deleted or (
                row.is_blank and not (row.affiliation_zh.strip() or row.affiliation_en.strip())
            ):
                continue
            if row.is_blank:
                self.errors.append(FieldError(_("Enter the author's name."), f"name-{row.key}"))
                pk = None
            else:
                pk = self._untouched_id(row) or self._find_or_create(
                    name_fields.find_or_create_author, row.name, f"name-{row.key}"
                )
            if pk := pk or self._current_id(row, current_ids):
                bylines.append(Byline(pk, row.affiliation_zh, row.affiliation_en))
        return tuple(bylines)

    def resolve_keywords(self, draft: Draft, base_facts: Facts) -> tuple[int, ...]:
        current_ids = set(base_facts.keywords)
        keyword_ids = []
        for row in draft.keywords:
            if row.deleted or row.is_blank:
                continue
            pk = self._untouched_id(row) or self._find_or_create(
                name_fields.find_or_create_keyword, row.name, f"name-{row.key}"
            )
            if pk := pk or self._current_id(row, current_ids):
                keyword_ids.append(pk)
        return tuple(keyword_ids)

    @staticmethod
    def _untouched_id(row: KeywordRow) -> int | None:
        id = row.id if row.name == row.was else ""
        return parse_int_or_zero(id) or None

    @staticmethod
    def _current_id(row: KeywordRow, current_ids: set[int]) -> int | None:
        return next((pk for pk in current_ids if str(pk) == row.id), None)

    def _find_or_create(self, find_or_create: Any, typed: str, about: str) -> int | None:
        try:
            return int(find_or_create(typed, by=self.by).pk)
        except name_fields.InvalidName as error:
            self.errors.append(FieldError(str(error), about))
        except workflow.Refused as refused:
            self.errors.extend(FieldError(str(reason), about) for reason in refused.reasons)
        return None
