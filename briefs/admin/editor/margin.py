"""The margin of a row: suggestions, notes and findings in one order, and the acts on suggestions of a row."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from briefs.admin.common.access import require_role
from briefs.admin.common.brief_pages import get_brief_or_404, json_response, read_number
from briefs.admin.common.brief_rows import MarginItem
from briefs.admin.common.diff_html import render_diff, share_effort
from briefs.admin.common.interface_labels import SIDE_NAMES
from briefs.bilingual import checks
from briefs.bilingual.documents import read_pasted_lines
from briefs.bilingual.text.text_diff import diff_texts
from briefs.content import LANGUAGE_TAGS, SIDES, Bullet, Content, Side
from briefs.derived import translation_memory
from briefs.models import Note, Suggestion, Term
from briefs.workflow.review_comments import TextAnchor, get_anchor, is_current
from briefs.workflow.rules import load_check_context

from .editor_page_data import BriefPageData
from .original_pages import list_offers

DOUBT_CHECK: Final = "pairing"
"""The check of pairs that may not say the same."""


@dataclass(frozen=True, slots=True)
class SuggestionView:
    """A suggestion rendered as a diff between its original and its proposed text."""

    row: Suggestion
    html: SafeString
    is_current: bool
    """Whether the text is unchanged since the suggestion was made."""

    @property
    def lang(self) -> str:
        return LANGUAGE_TAGS["zh" if self.row.side == "zh" else "en"]

    @property
    def side_name(self) -> str:
        return str(SIDE_NAMES["zh" if self.row.side == "zh" else "en"])


def list_finding_items(shown: Sequence[Mapping[str, Any]]) -> Iterator[MarginItem]:
    """Yield items for findings as `common.findings.as_json` returns them, those of house style as one item of the brief."""
    if style := [finding for finding in shown if finding["style"] and not finding["dismissed"]]:
        yield MarginItem("style", "", [MarginItem("finding", finding["key"], finding) for finding in style])
    shown = [finding for finding in shown if finding["dismissed"] or not finding["style"]]
    counts = Counter((finding["key"], finding["code"]) for finding in shown if not finding["dismissed"])
    seen_rules = set()
    dismissed = defaultdict(list)
    for finding in shown:
        rule = finding["key"], finding["code"]
        if finding["dismissed"]:
            dismissed[finding["key"]].append(finding)
            continue
        kind = "blocks" if finding["blocks"] else "doubt" if finding["check"] == DOUBT_CHECK else "finding"
        further = 0 if rule in seen_rules else counts[rule] - 1
        yield MarginItem(kind, finding["key"], finding, further, rule in seen_rules)
        seen_rules.add(rule)
    for key, some in dismissed.items():
        yield MarginItem("dismissed", key, some)


def list_comment_items(page_data: BriefPageData) -> Iterator[MarginItem]:
    """Yield open suggestions and all notes, oldest first. Items about a removed bullet have no row."""
    resolved = defaultdict(list)
    effort = share_effort(len(page_data.suggestions))
    for row in page_data.suggestions:
        anchor = get_anchor(row)
        text = anchor.find_text(page_data.content, "zh" if row.side == "zh" else "en")
        view = SuggestionView(row, render_diff(row.was, row.text, effort), is_current(row, page_data.content))
        yield MarginItem("suggestion", "" if text is None else str(anchor), view)
    for note in reversed(page_data.notes):
        key = _find_row(note, page_data)
        if note.resolved_at is None:
            yield MarginItem("note", key, note)
        else:
            resolved[key].append(note)
    for key, some in resolved.items():
        yield MarginItem("resolved", key, some)


def _find_row(note: Note, page_data: BriefPageData) -> str:
    """Return the key of the note's row, or an empty string if it is about no text of the page."""
    anchor = TextAnchor.parse(str(get_anchor(note)))
    there = anchor is not None and anchor.find_text(page_data.content, "zh") is not None
    return str(anchor) if there else ""


def build_margin_permissions(page_data: BriefPageData) -> dict[str, Any]:
    """Return the permissions that the margin's templates need, by name."""
    return {
        "brief": page_data.brief,
        "person": page_data.person,
        "may_edit": page_data.may_edit,
        "may_note": page_data.is_allowed("note"),
        "may_dismiss": page_data.is_allowed("dismiss"),
    }


def render_items(page_data: BriefPageData, items: Iterable[MarginItem]) -> str:
    """Render only the items, for insertion into an open page."""
    context = {"items": list(items), "editable": True, **build_margin_permissions(page_data)}
    return render_to_string("admin/briefs/editor/_margin_items.html", context) if context["items"] else ""


MAX_SIDE_LENGTH: Final = 20_000
"""Characters per side that are searched."""
MAX_TERMS: Final = 12
MAX_LINES: Final = 2_000
MAX_CHARACTERS: Final = 200_000


@require_POST
def suggest_for_row(request: HttpRequest, pk: int) -> HttpResponse:
    """Return suggestions for the texts of a row, POSTed as `zh` and `en`, and passages of the original for bullet `number`."""
    require_role(request)
    brief = get_brief_or_404(pk)
    zh, en = (request.POST.get(side, "")[:MAX_SIDE_LENGTH] for side in SIDES)
    number = read_number(request.POST, "number")
    offers = list_offers(brief, Bullet(number, zh, en)) if "number" in request.POST else ()
    return json_response(
        {
            "terms": list(_find_terms(zh, en)),
            "memory": list(_find_memory_matches(zh, en)),
            "passages": list(offers),
        }
    )


def _find_terms(zh: str, en: str) -> Iterator[dict[str, str]]:
    """Yield terms in text order. `missing` is the side that lacks the term's rendering, if any."""
    known = load_check_context(Content(bullets=(Bullet(1, zh, en),)))
    found = checks.find_terms_in_pair(zh, en, known)[:MAX_TERMS]
    rows = Term.objects.filter(merged_into=None, zh__in={term.zh for term, _ in found}) if found else ()
    pks = {(row.zh, row.en): row.pk for row in rows}
    for term, sides in found:
        missing = next((side for side in SIDES if side not in sides), "")
        pk = pks.get((term.zh, term.en))
        url = reverse("admin:briefs_term_change", args=[pk]) if pk else ""
        yield {"zh": term.zh, "en": term.en, "missing": missing, "url": url}


def _find_memory_matches(zh: str, en: str) -> Iterator[dict[str, Any]]:
    written = [side for side, text in zip(SIDES, (zh, en), strict=True) if text.strip()]
    if len(written) != 1:
        return
    side: Side = written[0]
    text = zh if side == "zh" else en
    for match in translation_memory.find_matches(text, side):
        theirs = match.zh if side == "zh" else match.en
        yield {
            "zh": match.zh,
            "en": match.en,
            "score": round(match.score, 2),
            "brief": match.title,
            "url": f"{reverse('admin:briefs_brief_change', args=[match.brief])}#b{match.number}",
            "side": side,
            "marked": [
                [run.text, run.kind != "equal"] for run in diff_texts(text, theirs) if run.kind != "deleted"
            ],
        }


@require_POST
def read_pasted_text(request: HttpRequest) -> HttpResponse:
    """Return the lines of each POSTed `column` as {text, marker, depth}. Nothing is stored.

    With `joins`, lines that a mail program wrapped are joined; the entries of the later ones are then empty.
    """
    require_role(request)
    columns = [text[:MAX_CHARACTERS].split("\n")[:MAX_LINES] for text in request.POST.getlist("column")[:2]]
    return json_response(
        {
            "columns": [
                [
                    {"text": line.text, "marker": line.marker, "depth": line.depth}
                    for line in read_pasted_lines(lines, joins_wrapped="joins" in request.POST)
                ]
                for lines in columns
            ]
        }
    )
