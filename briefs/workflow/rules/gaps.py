"""What a brief or an issue lacks: what refuses its submission, and what refuses approval of a brief alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from briefs.bilingual import checks
from briefs.bilingual.checks import Finding
from briefs.content import SIDES, Content, IssueContent
from briefs.derived import LoadedNames
from briefs.models import Brief

from .local_times import format_iso_date
from .refusals import Reason, why_not_change_note

COMPLETENESS_CHECK: Final = "completeness"
"""The check that blocks. Its findings cannot be dismissed."""
KEYWORD_PREFIX: Final = "keyword-"
"""Beginning of `Gap.about` for a keyword, followed by its id."""
_GAP_LABELS: Final[dict[str, str | Promise]] = {
    "source": _("source"),
    "date": _("date"),
    "headline_zh": _("Chinese headline"),
    "headline_en": _("English headline"),
    "summary_zh": _("Chinese summary"),
    "summary_en": _("English summary"),
    "picture_alt": _("alt text of the picture"),
    "picture_credit": _("credit of the picture"),
    "picture_licence": _("licence of the picture"),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a brief lacks. `about` is its anchor on the brief's page, or the keyword that lacks a name.

    `label` is for a sentence that lists several; `reasons` are what an act is refused with.
    """

    label: str
    about: str
    reasons: tuple[Reason, ...] = ()


def find_incomplete(content: Content) -> list[Finding]:
    return checks.run_checks(content, checks.CheckContext(), only=(COMPLETENESS_CHECK,))


def find_gaps(content: Content, *, was_public: bool) -> list[Gap]:
    """Return what refuses submission: bullets of one language together, and the change note with its kind."""
    findings = find_incomplete(content)
    reasons = why_not_change_note(content) if was_public else []
    gaps = [Gap(gettext("note on the change"), reasons[0].about, tuple(reasons))] if reasons else []
    for finding in findings:
        kind = finding.code.partition(".")[2]
        if kind in ("bullet_zh", "bullet_en"):
            same = [f for f in findings if f.code == finding.code]
            if same[0] is finding:
                gaps.append(
                    Gap(
                        _describe_bullets(finding, len(same)),
                        f"b{finding.bullet}",
                        tuple(map(_build_reason, same)),
                    )
                )
        else:
            gaps.append(_build_gap(finding, kind))
    return gaps


def _describe_bullets(first: Finding, n: int) -> str:
    language = gettext("Chinese") if first.side == "zh" else gettext("English")
    if n == 1:
        return gettext("%(language)s of point %(n)s") % {"language": language, **first.values}
    return ngettext("%(language)s of %(n)s point", "%(language)s of %(n)s points", n) % {
        "language": language,
        "n": n,
    }


def _build_gap(finding: Finding, kind: str) -> Gap:
    about = f"b{finding.bullet}" if finding.bullet else finding.field
    if finding.side and not finding.bullet:
        about = f"{finding.field}_{finding.side}"
    if kind in _GAP_LABELS and finding.check_name == "completeness":
        return Gap(str(_GAP_LABELS[kind]), about, (_build_reason(finding),))
    return Gap(gettext("a finding that blocks"), about, (_build_reason(finding),))


def _build_reason(finding: Finding) -> Reason:
    about = f"b{finding.bullet}" if finding.bullet else finding.field
    return Reason(finding.code, finding.values, about)


def list_date_gaps(brief: Brief) -> Iterator[Gap]:
    if not brief.article_date or brief.article_date_confirmed:
        return
    date = brief.article_date.isoformat()[: 10 if brief.article_date_precision == "day" else 7]
    isos = dict.fromkeys(filter(None, (date, brief.article_date_alternative)))
    readings = [format_iso_date(iso) for iso in isos]
    values = {"raw": brief.article_date_raw, "first": readings[0], "second": readings[-1]}
    code = "date-unconfirmed" if len(readings) > 1 else "month-unconfirmed"
    yield Gap(gettext("date to confirm"), "date", (Reason(code, values, "date"),))


def build_keyword_gap(zh: str, en: str, pk: int) -> Gap:
    values, about = {"label": zh or en, "pk": pk}, f"{KEYWORD_PREFIX}{pk}"
    if not en:
        label = gettext("English of the keyword “%(label)s”") % values
        return Gap(label, about, (Reason("keyword-en", values, "keywords"),))
    label = gettext("Chinese of the keyword “%(label)s”") % values
    return Gap(label, about, (Reason("keyword-zh", values, "keywords"),))


def find_keyword_gaps(names: LoadedNames) -> list[Gap]:
    """Return a gap for each keyword, or the one that it was merged into, that lacks a name in one language."""
    return [build_keyword_gap(zh, en, pk) for zh, en, pk in names.list_keywords() if not (zh and en)]


ISSUE_TEXT_LABELS: Final[Mapping[str, Promise]] = {
    "title_zh": _("Chinese title"),
    "title_en": _("English title"),
    "preface_zh": _("Chinese preface"),
    "preface_en": _("English preface"),
    "subject_zh": _("Chinese subject of the mail"),
    "subject_en": _("English subject of the mail"),
    "preheader_zh": _("Chinese preview line of the mail"),
    "preheader_en": _("English preview line of the mail"),
    "why_zh": _("Why read it, in Chinese"),
    "why_en": _("Why read it, in English"),
    "change_kind": _("Kind of change"),
    "change_note_zh": _("Note on change, Chinese"),
    "change_note_en": _("Note on change, English"),
}


def find_issue_gaps(content: IssueContent, against_items: Iterable[Reason], *, was_public: bool) -> list[Gap]:
    """Return what an issue lacks. `against_items`: the reasons against its briefs."""
    reasons = why_not_change_note(content) if was_public else []
    reasons += [
        Reason(f"issue-{name}_{side}", {}, f"{name}_{side}")
        for name in ("title", "preface")
        for side in SIDES
        if not getattr(content.side(side), name)
    ]
    if not content.items:
        reasons.append(Reason("issue-empty", {}, "items"))
    return [Gap(_label_issue_gap(reason), reason.about, (reason,)) for reason in (*reasons, *against_items)]


def _label_issue_gap(reason: Reason) -> str:
    if reason.code == "issue-empty":
        return gettext("a brief")
    label = ISSUE_TEXT_LABELS.get(reason.about)
    return str(label) if label else str(reason).rstrip(".。")
