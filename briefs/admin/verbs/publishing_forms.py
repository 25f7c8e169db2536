"""Verbs that publish, now or at a time: approve, publish urgently, reschedule."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final, cast

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ... import checks, workflow
from ...content import Content
from ...models import ChangeKind, Edition
from ...workflow import Reason, publishing
from ...workflow.rules import four_eyes
from ...workflow.rules.check_context import context
from ...workflow.rules.clock import moments
from ..common.error_list import Said, said
from ..common.fact_text import shown
from ..common.form_fields import MomentField
from ..common.interface_labels import FIELD_LABELS, remarked
from ..common.name_fields import Names, names_in
from ..editor.editor_page_data import Desk
from .verb_forms import Button, OfEdition, VerbForm, note_field

UNLABELLED: Final = {
    "keyword-en": gettext_lazy("a keyword without an English label: “%(label)s”"),
    "keyword-zh": gettext_lazy("a keyword without a Chinese label: “%(label)s”"),
}


class Timed(VerbForm):
    """Now, or at a time in the site's zone. A time that the clocks give twice is asked about."""

    at = MomentField(required=False)

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        self.fields["at"].label = _("Time (%(zone)s)") % {"zone": settings.TIME_ZONE}
        self.twice = twice(str(data.get("at", ""))) if data else []
        if self.twice:
            choices = [(str(n), _of_offset(moment)) for n, moment in enumerate(self.twice)]
            self.fields["which"] = forms.ChoiceField(
                label=_("Which of the two"), choices=choices, required=False, widget=forms.RadioSelect
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        later = self.data.get("when") == "later"
        given = self.data.get("at", "") not in ("", *([] if later else [self.initial.get("at")]))
        if later and not given:
            self.add_error("at", _("Choose a time."))
        if given and not later:
            self.add_error("at", _("You entered a time and chose “now”. Empty the time, or schedule."))
        if self.twice and later:
            if which := values.get("which"):
                values["at"] = self.twice[int(which)]
            else:
                sentence = _("This time comes twice in %(zone)s because the clocks change. Choose which.")
                self.add_error("which", sentence % {"zone": settings.TIME_ZONE})
        return values

    @property
    def moment(self) -> dt.datetime | None:
        return self.cleaned_data["at"]  # type: ignore[no-any-return]


def twice(value: str) -> list[dt.datetime]:
    """Both moments of a time that the clocks give twice; none of any other."""
    try:
        found = moments(dt.datetime.fromisoformat(value).replace(tzinfo=None))
    except ValueError:
        return []
    return found if len(found) == 2 else []


def _of_offset(moment: dt.datetime) -> str:
    offset = f"{moment:%z}"
    return remarked(f"{moment:%H:%M}", f"UTC{offset[:3]}:{offset[3:]}")


class Described(VerbForm):
    """What the next edition says of itself: asked for once readers have seen one."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    note_zh = note_field(gettext_lazy("Note on change, Chinese"), "zh")
    note_en = note_field(gettext_lazy("Note on change, English"), "en")
    minor = forms.BooleanField(label=gettext_lazy("Minor change"), required=False)
    CHANGE: Final = ("kind", "note_zh", "note_en", "minor")

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        cast(forms.ChoiceField, self.fields["kind"]).choices = [("", "–"), *ChangeKind.choices]
        if not desk.was_public:
            for name in self.CHANGE:
                del self.fields[name]
        elif self._is_only_withdrawn_by_source():
            self.initial.update(_SOURCE_WITHDREW)

    def seen_by_readers(self) -> Content | None:
        """What they have now, or had last."""
        if not self.desk.was_public:
            return None
        shown = (e for e in self.desk.editions if e.live_from <= self.desk.now and not e.is_cancelled)
        return Edition.objects.get(pk=next(shown).pk).frozen

    def _is_only_withdrawn_by_source(self) -> bool:
        before, now = self.seen_by_readers(), self.desk.content
        if before is None or not now.facts.source_withdrew or before.facts.source_withdrew:
            return False
        return all(before.hash_side(side) == now.hash_side(side) for side in ("zh", "en"))

    def differences(self) -> list[dict[str, str]]:
        """Why the change is not minor, if it is not."""
        before = self.seen_by_readers()
        if before is None:
            return []
        return [_difference(found) for found in checks.differs(before, self.desk.content, context())]

    def change(self) -> workflow.Change:
        values = self.cleaned_data
        texts = {name: values.get(name, "") for name in ("kind", "note_zh", "note_en")}
        return workflow.Change(**texts, minor=values.get("minor", False))


_SOURCE_WITHDREW: Final = {
    "kind": ChangeKind.EDITORS_NOTE,
    "note_zh": "原文已由來源撤回。",
    "note_en": "The source has withdrawn the original article.",
}
_KINDS: Final = {
    "number": gettext_lazy("Number"),
    "name": gettext_lazy("Proper name"),
    "url": gettext_lazy("Address"),
    "negation": gettext_lazy("Negation"),
    "missing": pgettext_lazy("difference", "Text"),
    "fact": gettext_lazy("Article"),
}
MOST: Final = 60
"""Characters of a difference that are shown."""


def _difference(found: checks.Difference) -> dict[str, str]:
    places = {"headline": _("Headline"), "summary": _("Summary"), "picture": _("Alt text")}
    sides = {"zh": _("Chinese"), "en": _("English")}
    place = f"#b{found.bullet}" if found.bullet else places.get(found.field, "")
    return {
        "kind": str(_KINDS[found.kind]),
        "place": " · ".join(filter(None, (place, sides.get(found.side, "")))),
        "before": found.before[:MOST],
        "after": found.after[:MOST],
    }


class Approve(Timed, Described):
    preview = True
    anchors: ClassVar = {"facts": "facts", "change": "kind"}
    field_order = ("at", "which", *Described.CHANGE)

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        self.ticked = data.getlist("ticked") if data else []

    def buttons(self) -> list[Button]:
        return [
            ("later", gettext_lazy("Approve and schedule")),
            ("now", gettext_lazy("Approve and publish now")),
        ]

    def unmet(self) -> list[Said]:
        """What stands in the way, but the ticks and the time, which are asked for on this very page."""
        desk = self.desk
        changed = four_eyes.facts_since_signoffs(desk.ledger, desk.content, desk.standing)
        return self.told(
            publishing.why_not_approve(
                desk.brief, desk.content, desk.ledger, desk.person, ticked=changed
            )
        )  # fmt: skip

    def told(self, reasons: Iterable[Reason]) -> list[Said]:
        """Each linked to where it is mended; open notes one by one."""
        found: list[Said] = []
        for reason in reasons:
            found += said([reason], href=self._href(reason))
            if reason.code == "open-notes":
                found += self._open_notes()
        return found

    def _href(self, reason: Reason) -> str:
        pk = self.desk.brief.pk
        review = reverse("admin:briefs_brief_review", args=[pk])
        if reason.about.startswith("signoff-") or reason.about == "notes":
            return f"{review}#{reason.about}"
        if reason.code in ("last-editor", "facts-own"):
            return reverse("admin:briefs_brief_revisions", args=[pk])
        if reason.code in ("keyword-zh", "keyword-en"):
            return reverse("admin:briefs_keyword_change", args=[reason.values["pk"]])
        return "#differs" if reason.code == "not-minor" else ""

    def _open_notes(self) -> list[Said]:
        review = reverse("admin:briefs_brief_review", args=[self.desk.brief.pk])
        return [
            Said(
                _("%(part)s: %(who)s") % {"part": note.by, "who": note.text[:MOST]},
                href=f"{review}#note-{note.pk}",
            )
            for note in self.desk.notes
            if note.resolved_at is None
        ]

    def facts(self) -> Iterator[dict[str, Any]]:
        """Each fact that changed since the sign-offs, old and new, to be ticked."""
        desk = self.desk
        old, new = four_eyes.facts_signed(desk.ledger, desk.standing), desk.content.facts
        changed = four_eyes.facts_since_signoffs(desk.ledger, desk.content, desk.standing)
        names = names_in([desk.content, type(desk.content)(facts=old)]) if changed else Names()
        for name in changed:
            yield {
                "name": name,
                "label": FIELD_LABELS[name],
                "old": shown(old, name, names),
                "new": shown(new, name, names),
                "ticked": name in self.ticked,
            }

    def perform(self) -> None:
        workflow.approve(
            self.desk.brief.pk,
            by=self.desk.person,
            seen=self.cleaned_data["seen"],
            at=self.moment,
            change=self.change(),
            ticked=self.ticked,
        )


class PublishUrgently(Described):
    preview = True
    lead = gettext_lazy("Urgent publication needs a reason. A second person must confirm it afterwards.")
    reason = note_field(gettext_lazy("Reason"))
    field_order = ("reason", *Described.CHANGE)

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        self.fields.pop("minor", None)

    def unmet(self) -> list[Said]:
        desk = self.desk
        return said(publishing.why_not_urgently(desk.brief, desk.content, now=desk.now))

    def stands(self) -> list[str]:
        """Also what is skipped, so that it is skipped knowingly."""
        desk = self.desk
        skipped = [str(reason) for reason in four_eyes.unsigned(desk.standing)]
        if n := sum(note.resolved_at is None for note in desk.notes):
            skipped.append(str(Reason("open-notes", {"n": n})))
        skipped += [
            str(UNLABELLED[reason.code] % reason.values) for reason in publishing.unlabelled(desk.content)
        ]
        return [*super().stands(), *(_("Skipped: %(what)s") % {"what": what} for what in skipped)]

    def perform(self) -> None:
        values = self.cleaned_data
        workflow.publish_urgently(
            self.desk.brief.pk,
            by=self.desk.person,
            seen=values["seen"],
            reason=values["reason"],
            change=self.change(),
        )


class Reschedule(Timed, OfEdition):
    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        if desk.scheduled:
            self.initial["at"] = f"{timezone.localtime(desk.scheduled.live_from):%Y-%m-%dT%H:%M}"

    def edition(self) -> Edition | None:
        return self.desk.scheduled

    def buttons(self) -> list[Button]:
        return [("later", gettext_lazy("Reschedule")), ("now", gettext_lazy("Publish now"))]

    def perform(self) -> None:
        workflow.reschedule(self.desk.brief.pk, by=self.desk.person, at=self.moment)
