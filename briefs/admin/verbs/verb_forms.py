"""Verbs that ask for something first: each has a page with a form of its own. Those that publish: `publishing_forms`."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ... import workflow
from ...content import LANG, SIDES, Content, Side
from ...models import Edition, WithdrawalKind
from ...text import dates, paths
from ...workflow import Reason
from ...workflow.rules.transitions import clock
from ..common.error_list import Said, said
from ..common.interface_labels import labelled
from ..editor.editor_page_data import Desk

type Button = tuple[str, str | Promise]


def note_field(label: str | Promise, side: Side | None = None, **options: Any) -> forms.CharField:
    lang = {"lang": LANG[side]} if side else {}
    return forms.CharField(
        label=cast(str, label), required=False, widget=forms.Textarea(attrs={"rows": 3, **lang}), **options
    )


def in_both(told: Callable[[Side], str]) -> list[dict[str, str]]:
    """A sentence to readers, as the pages of both languages have it."""
    found = []
    for side in SIDES:
        with translation.override(paths.LANGUAGE_CODES[side]):
            found.append({"lang": LANG[side], "sentence": told(side)})
    return found


class VerbForm(forms.Form):
    """`seen` and `version` say what the person had before them. Nothing here decides: the workflow does."""

    lead: ClassVar[str | Promise] = ""
    preview: ClassVar[bool] = False
    shown_as: ClassVar[str | Promise] = gettext_lazy("What readers see")
    anchors: ClassVar[dict[str, str]] = {}
    """Field of this page ← what a reason is about."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        self.desk = desk
        initial = {"seen": lambda: desk.content.seen(), "version": desk.brief.version}
        super().__init__(data, auto_id="%s", initial=initial, label_suffix="")

    def buttons(self) -> list[Button]:
        """Value of `when`, label. The first is what Enter does, so it is never the one that publishes."""
        return []

    def unmet(self) -> list[Said]:
        return []

    def told(self, reasons: Iterable[Reason]) -> list[Said]:
        """Reasons with where each is mended, if that is not a field or the brief's own page."""
        return said(reasons)

    def stands(self) -> list[str]:
        """What is public now and what will be: what the verb is about."""
        desk = self.desk
        lines = []
        if (edition := desk.public) is not None:
            told = {"n": edition.number, "time": clock(edition.live_from)}
            lines.append(_("Edition %(n)s is public since %(time)s.") % told)
        if (edition := desk.scheduled) is not None:
            told = {"n": edition.number, "time": clock(edition.live_from), "zone": settings.TIME_ZONE}
            lines.append(_("Edition %(n)s is scheduled for %(time)s (%(zone)s).") % told)
        return lines

    def shown(self) -> Content | None:
        """What readers would see, beside the form."""
        return self.desk.content if self.preview else None

    def notices(self) -> list[dict[str, str]]:
        """What readers would see in place of the text, in both languages."""
        return []

    def differences(self) -> list[dict[str, str]]:
        """Of substance, from what is public."""
        return []

    def facts(self) -> Iterable[dict[str, Any]]:
        """Facts to be ticked."""
        return ()

    def perform(self) -> None:
        raise NotImplementedError


class SendBack(VerbForm):
    lead = gettext_lazy("Please say what should be changed; the writer will see your note.")
    note = note_field(gettext_lazy("Note"))
    sides = forms.MultipleChoiceField(
        label=gettext_lazy("Languages that need changes"),
        choices=[("zh", gettext_lazy("Chinese")), ("en", gettext_lazy("English"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        asked = [side for side, part in desk.plan.reviewers.items() if part.person == desk.person]
        self.initial["sides"] = asked or ["zh", "en"]

    def stands(self) -> list[str]:
        n = sum(note.resolved_at is None for note in self.desk.notes)
        told = ngettext("%(n)s open note goes with it.", "%(n)s open notes go with it.", n)
        return [told % {"n": n}] if n else []

    def perform(self) -> None:
        values = self.cleaned_data
        workflow.send_back(
            self.desk.brief.pk, by=self.desk.person, note=values["note"], sides=values["sides"]
        )


class OfEdition(VerbForm):
    """About an edition as it is, not about the draft; shown beside the form."""

    shown_as = gettext_lazy("The text of this edition")

    def edition(self) -> Edition | None:
        return self.desk.public

    def shown(self) -> Content | None:
        edition = self.edition()
        return Edition.objects.get(pk=edition.pk).frozen if edition else None


class Confirm(OfEdition):
    edition_seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        self.initial["edition_seen"] = desk.unconfirmed.pk if desk.unconfirmed else None

    def edition(self) -> Edition | None:
        return self.desk.unconfirmed

    def stands(self) -> list[str]:
        if (edition := self.desk.unconfirmed) is None:
            return []
        told = {"name": edition.approved_by, "time": clock(edition.approved_at), "n": edition.number}
        return [
            _("%(name)s published edition %(n)s urgently, %(time)s.") % told,
            _("Reason: %(reason)s") % {"reason": edition.urgent_reason},
        ]

    def unmet(self) -> list[Said]:
        edition = self.desk.unconfirmed
        if edition is None:
            return said([Reason("nothing-urgent")])
        own = edition.approved_by_id == self.desk.person.pk
        return said([Reason("urgent-confirm-own")]) if own else []

    def perform(self) -> None:
        seen = self.cleaned_data["edition_seen"] or 0
        workflow.confirm(self.desk.brief.pk, by=self.desk.person, seen=seen)


class Withdraw(OfEdition):
    lead = gettext_lazy("The page stays as a notice with the reason; it leaves lists, feeds and search.")
    anchors = {"reason": "reason_zh"}
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", "–"), *WithdrawalKind.choices], required=False
    )
    reason_zh = note_field(gettext_lazy("Reason, Chinese"), "zh")
    reason_en = note_field(gettext_lazy("Reason, English"), "en")

    def notices(self) -> list[dict[str, str]]:
        def told(side: Side) -> str:
            reason = self[f"reason_{side}"].value() or "…"
            values = {"date": dates.format_day(timezone.localdate(), side), "reason": reason}
            return _("This brief was withdrawn on %(date)s. Reason: %(reason)s") % values

        return in_both(told)

    def perform(self) -> None:
        values = {name: self.cleaned_data[name] for name in ("kind", "reason_zh", "reason_en")}
        workflow.withdraw(self.desk.brief.pk, by=self.desk.person, **values)


class Remove(OfEdition):
    lead = gettext_lazy("Readers will be told that the page is gone. The reason stays on the desk.")
    reason = note_field(gettext_lazy("Reason"))

    def notices(self) -> list[dict[str, str]]:
        return in_both(lambda side: _("This page has been removed."))

    def perform(self) -> None:
        workflow.remove(self.desk.brief.pk, by=self.desk.person, reason=self.cleaned_data["reason"])


class Cancel(OfEdition):
    lead = gettext_lazy(
        "The scheduled edition will not appear. What readers see now stays, and what was approved waits in review again."
    )

    def edition(self) -> Edition | None:
        return self.desk.scheduled

    def perform(self) -> None:
        workflow.cancel(self.desk.brief.pk, by=self.desk.person)


class Reinstate(OfEdition):
    lead = gettext_lazy("Readers see the brief again within a minute, as it was.")
    shown_as = gettext_lazy("What readers will see again")

    def stands(self) -> list[str]:
        edition = self.desk.public
        if edition is None:
            return []
        taken = [
            (edition.withdrawn_at, _("Withdrawn"), edition.withdrawn_reason_zh),
            (edition.removed_at, _("Removed"), edition.removed_reason),
        ]
        return [labelled(what, f"{clock(at)} – {why}") for at, what, why in taken if at]

    def perform(self) -> None:
        workflow.reinstate(self.desk.brief.pk, by=self.desk.person)


class Discard(VerbForm):
    lead = gettext_lazy("Nothing is deleted: every saved version stays in the revisions.")

    def perform(self) -> None:
        version = self.cleaned_data["version"] or 0
        workflow.discard(self.desk.brief.pk, by=self.desk.person, version=version)


class SourceWithdrew(VerbForm):
    preview = True
    lead = gettext_lazy(
        "For when the source takes its article back. The texts stay signed; another publisher approves, and the page then says so above the text."
    )

    def perform(self) -> None:
        version = self.cleaned_data["version"] or 0
        workflow.source_withdrew(self.desk.brief.pk, by=self.desk.person, version=version)
