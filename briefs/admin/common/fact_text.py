"""Format the article's facts: in full sentences, so that an editor notices a wrong one, and value by value.

Each pattern of a sentence is a separate clause, so that each language can order its parts freely.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language_info, ngettext, pgettext
from django.utils.translation import gettext as _

from briefs.bilingual.rendering.text import find_key_line
from briefs.bilingual.text.article_urls import write_host_in_ascii
from briefs.content import LANGUAGE_TAGS, SIDES, Byline, Content, Facts, IssueContent, get_change
from briefs.facts import FACTS, FactKind
from briefs.models import ChangeKind
from briefs.workflow import next_step
from briefs.workflow.rules.local_times import format_iso_date_in_sentence

from .interface_labels import FIELD_LABELS, format_with_remark, interface_side
from .name_fields import NamesById


def build_fact_line(facts: Facts, names: NamesById) -> SafeString:
    """Return sentences for all facts in the interface language as HTML, the missing facts first."""
    missing, known = _missing_facts_sentence(facts, names), _join_sentences(*_known_sentences(facts, names))
    return format_html("<b>{}</b>{}{}", missing, _sentence_separator() if missing and known else "", known)


def _known_sentences(facts: Facts, names: NamesById) -> list[str]:
    return [_publication_sentence(facts, names), *_further_sentences(facts)]


def _join_sentences(*sentences: str) -> str:
    return _sentence_separator().join(filter(None, sentences))


def _sentence_separator() -> str:
    """Return the separator between sentences, which is empty in Chinese."""
    return "" if interface_side() == "zh" else " "


# Authorship, publication, language and access


def _publication_sentence(facts: Facts, names: NamesById) -> str:
    who = _authorship_clause(facts, names)
    what = list(filter(None, (_date(facts), _language(facts), _access(facts), _embargo(facts))))
    if not what:
        return _("%(who)s.") % {"who": capfirst(who)} if who else ""
    values = {"who": capfirst(who), "what": _join_clauses(what)}
    return _("%(who)s; it %(what)s.") % values if who else _("The article %(what)s.") % values


def _authorship_clause(facts: Facts, names: NamesById) -> str:
    authors = _join_names([_author(byline, names) for byline in facts.authors])
    source = names.sources.get(facts.source or 0, "")
    if interface_side() == "zh" and facts.source in names.publications:
        source = f"《{source}》"
    values = {"authors": authors, "source": source, "piece": _article_noun_phrase(facts.kind)}
    if authors and source:
        clause = _("%(authors)s wrote %(piece)s for %(source)s")
    elif authors:
        clause = _("%(authors)s wrote %(piece)s")
    else:
        clause = _("%(piece)s is from %(source)s") if source else ""
    return next_step.space_han(clause % values)


def _article_noun_phrase(kind: str) -> str:
    return {
        "commentary": _("this commentary"),
        "report": _("this report"),
        "testimony": _("this testimony"),
        "interview": _("this interview"),
    }.get(kind) or _("this article")


def _author(byline: Byline, names: NamesById) -> str:
    name = names.authors.get(byline.author, "–")
    zh, en = byline.affiliation_zh, byline.affiliation_en
    affiliation = (zh or en) if interface_side() == "zh" else (en or zh)
    if not affiliation:
        return name
    return pgettext("author", "%(name)s (%(affiliation)s)") % {"name": name, "affiliation": affiliation}


def _date(facts: Facts) -> str:
    if not facts.date:
        return _("appeared in the issue %(label)s") % {"label": facts.date_label} if facts.date_label else ""
    values = {"date": format_iso_date_in_sentence(facts.date), "label": facts.date_label}
    if len(facts.date) > 7:
        if facts.date_label:
            return _("appeared on %(date)s, in the issue %(label)s") % values
        return _("appeared on %(date)s") % values
    if facts.date_label:
        return _("appeared in the issue %(label)s, dated %(date)s") % values
    return _("appeared in %(date)s") % values


def _language(facts: Facts) -> str:
    """Name the article's language, or return an empty string if none is recorded."""
    return _("is in %(language)s") % {"language": language_name(facts.language)} if facts.language else ""


def language_name(code: str) -> str:
    """Return the translated name of a language, or the code itself if the code is unknown."""
    if code.lower().replace("_", "-") in ("zh", "zh-tw", "zh-hk"):
        code = "zh-hant" if "-" in code or "_" in code else code
        if code == "zh":
            return _("Chinese")
    try:
        return str(get_language_info(code.lower())["name_translated"])
    except KeyError:
        return code


def _access(facts: Facts) -> str:
    return {
        "free": _("is free to read"),
        "registration": _("can be read after registration"),
        "subscription": _("can be read by subscribers only"),
    }.get(facts.access, "")


def _embargo(facts: Facts) -> str:
    if not facts.embargo_until:
        return ""
    moment = timezone.localtime(dt.datetime.fromisoformat(facts.embargo_until))
    day = format_iso_date_in_sentence(moment.date().isoformat(), with_weekday=False)
    values = {"day": day, "time": f"{moment:%H:%M}", "zone": settings.TIME_ZONE}
    if moment > timezone.now():
        return _("may not be published before %(day)s, %(time)s (%(zone)s)") % values
    return _("was under embargo until %(day)s, %(time)s (%(zone)s)") % values


# Further facts


def _further_sentences(facts: Facts) -> list[str]:
    found = []
    if facts.title:
        found.append(_("Its title is “%(title)s”.") % {"title": facts.title})
    if place := _location_sentence(facts):
        found.append(place)
    if facts.archive_url:
        found.append(_("An archived copy is at %(host)s.") % {"host": _host(facts.archive_url)})
    if facts.accessed_on:
        day = format_iso_date_in_sentence(facts.accessed_on, with_weekday=False)
        found.append(_("We consulted it on %(day)s.") % {"day": day})
    if facts.source_withdrew:
        found.append(_("Its source has withdrawn it."))
    return found


def _location_sentence(facts: Facts) -> str:
    values = {"host": _host(facts.url), "doi": facts.doi}
    if facts.url and facts.doi:
        return _("It is at %(host)s, with the DOI %(doi)s.") % values
    if facts.url:
        return _("It is at %(host)s.") % values
    return _("Its DOI is %(doi)s.") % values if facts.doi else ""


def _host(url: str) -> str:
    """Return the host without `www.`, or the URL itself if no host is found."""
    try:
        return (urlsplit(write_host_in_ascii(url)).hostname or url).removeprefix("www.")
    except ValueError:
        return url


def _missing_facts_sentence(facts: Facts, names: NamesById) -> str:
    missing = [
        label
        for known, label in (
            (facts.authors, pgettext("unknown", "the author")),
            (facts.source and facts.source in names.sources, pgettext("unknown", "the source")),
            (facts.date or facts.date_label, pgettext("unknown", "the date")),
            (facts.url or facts.doi, pgettext("unknown", "the address")),
            (facts.access, pgettext("unknown", "who can read it")),
        )
        if not known
    ]
    if not missing:
        return ""
    told = ngettext("%(what)s is not known yet.", "%(what)s are not known yet.", len(missing))
    return told % {"what": capfirst(_join_names(missing))}


# Lists within a sentence


def _join_names(items: Sequence[str]) -> str:
    """Join names as “A”, “A and B”, “A, B, and C”."""
    if len(items) < 2:
        return "".join(items)
    values = {"first": pgettext("names", ", ").join(items[:-1]), "last": items[-1]}
    if len(items) == 2:
        return pgettext("names", "%(first)s and %(last)s") % values
    return pgettext("names", "%(first)s, and %(last)s") % values


def _join_clauses(items: Sequence[str]) -> str:
    if len(items) < 2:
        return "".join(items)
    values = {"first": pgettext("clauses", ", ").join(items[:-1]), "last": items[-1]}
    if len(items) == 2:
        return pgettext("clauses", "%(first)s and %(last)s") % values
    return pgettext("clauses", "%(first)s, and %(last)s") % values


def build_fact_lines(facts: Facts, names: NamesById) -> Iterator[dict[str, Any]]:
    """Yield name, label and formatted value of each fact that has a value."""
    for name in facts.__dataclass_fields__:
        if getattr(facts, name):
            yield {"name": name, "label": FIELD_LABELS[name], "value": format_fact(facts, name, names)}


def describe_key_line(content: Content) -> str:
    """Return which text stands for the brief in lists."""
    if content.key_bullet:
        return _("Point %(n)s") % {"n": content.key_point}
    return _("Last sentence of the summary")


def build_key_line(content: Content) -> dict[str, Any]:
    """Return the key line in both languages, and whether somebody chose it."""
    about = _("Chosen by an editor: %(point)s") if content.key_bullet else _("Nobody chose it: %(point)s")
    return {
        "about": about % {"point": describe_key_line(content)},
        "lines": [(LANGUAGE_TAGS[side], find_key_line(content, side).words) for side in SIDES],
    }


def format_change_field(content: Content | IssueContent, name: str) -> str:
    """Return the value of one of `CHANGE_FIELDS` as shown, or an empty text."""
    value = str(getattr(content, name))
    return str(ChangeKind(value).label) if name == "change_kind" and value in ChangeKind else value


def describe_change(content: Content | IssueContent) -> dict[str, Any]:
    """Return kind and note of what an edition changes, for `_change_note.html`. Empty if there is neither."""
    if not get_change(content):
        return {}
    notes = [(LANGUAGE_TAGS[side], getattr(content, f"change_note_{side}")) for side in SIDES]
    kind = format_change_field(content, "change_kind")
    return {"kind": kind, "notes": [(lang, note) for lang, note in notes if note]}


def format_fact(facts: Facts, name: str, names: NamesById) -> str:
    value, fact = getattr(facts, name), FACTS[name]
    if fact.kind is FactKind.FLAG:
        return _("Yes") if value else _("No")
    if not value:
        return "–"
    if name == "source":
        return names.sources.get(value, "–")
    if name == "authors":
        return "; ".join(_format_byline(byline, names) for byline in value)
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


def _format_byline(byline: Byline, names: NamesById) -> str:
    parts = (names.authors.get(byline.author, ""), byline.affiliation_zh, byline.affiliation_en)
    return " / ".join(filter(None, parts))
