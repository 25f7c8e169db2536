"""Verbs that ask for something first: each has a page with a form of its own."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import workflow
from ..content import LANG, Side
from ..models import ChangeKind, WithdrawalKind
from ..workflow import eyes, publishing
from .facts import shown
from .fields import MomentField
from .names import Names, names_in
from .page import Desk
from .reasons import Said, said
from .words import FIELD_LABELS

type Button = tuple[str, str | Promise]


def note_field(label: str | Promise, side: Side | None = None, **options: Any) -> forms.CharField:
    lang = {"lang": LANG[side]} if side else {}
    return forms.CharField(
        label=cast(str, label), required=False, widget=forms.Textarea(attrs={"rows": 3, **lang}), **options
    )


class VerbForm(forms.Form):
    """`seen` and `version` say what the person had before them. Nothing here decides: the workflow does."""

    lead: ClassVar[str | Promise] = ""
    preview: ClassVar[bool] = False
    anchors: ClassVar[dict[str, str]] = {}
    """Field of this page ← what a reason is about."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        self.desk = desk
        initial = {"seen": desk.content.seen(), "version": desk.brief.version}
        super().__init__(data, auto_id="%s", initial=initial, label_suffix="")

    def buttons(self) -> list[Button]:
        """Value of `when`, label. The first is what Enter does, so it is never the one that publishes."""
        return []

    def unmet(self) -> list[Said]:
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
        self.initial["sides"] = ["zh", "en"]

    def perform(self) -> None:
        values = self.cleaned_data
        workflow.send_back(
            self.desk.brief.pk, by=self.desk.person, note=values["note"], sides=values["sides"]
        )


class Timed(VerbForm):
    """Now, or at a time in the site's zone."""

    at = MomentField(required=False)

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        self.fields["at"].label = _("Time (%(zone)s)") % {"zone": settings.TIME_ZONE}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        later, given = self.data.get("when") == "later", bool(self.data.get("at"))
        if later and not given:
            self.add_error("at", _("Choose a time."))
        if given and not later:
            self.add_error("at", _("You entered a time and chose “now”. Empty the time, or schedule."))
        return values

    @property
    def moment(self) -> dt.datetime | None:
        return self.cleaned_data["at"]  # type: ignore[no-any-return]


class Approve(Timed):
    preview = True
    anchors = {"facts": "facts", "change": "kind", "approve": "seen"}
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    note_zh = note_field(gettext_lazy("Note on change, Chinese"), "zh")
    note_en = note_field(gettext_lazy("Note on change, English"), "en")
    minor = forms.BooleanField(label=gettext_lazy("Minor change"), required=False)

    def __init__(self, data: Any = None, *, desk: Desk) -> None:
        super().__init__(data, desk=desk)
        cast(forms.ChoiceField, self.fields["kind"]).choices = [("", "–"), *ChangeKind.choices]
        if not desk.was_public:
            for name in ("kind", "note_zh", "note_en", "minor"):
                del self.fields[name]
        self.ticked = data.getlist("ticked") if data else []

    def buttons(self) -> list[Button]:
        return [
            ("later", gettext_lazy("Approve and schedule")),
            ("now", gettext_lazy("Approve and publish now")),
        ]

    def unmet(self) -> list[Said]:
        """What stands in the way, but the ticks and the time, which are asked for on this very page."""
        desk = self.desk
        changed = eyes.facts_since_signoffs(desk.brief, desk.content, desk.standing)
        reasons = publishing.why_not_approve(
            desk.brief, desk.content, desk.person, ticked=changed, now=desk.now
        )
        return said(reasons)

    def facts(self) -> Iterator[dict[str, Any]]:
        """Each fact that changed since the sign-offs, old and new, to be ticked."""
        desk = self.desk
        old, new = eyes.facts_signed(desk.brief, desk.standing), desk.content.facts
        changed = eyes.facts_since_signoffs(desk.brief, desk.content, desk.standing)
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
        values = self.cleaned_data
        change = workflow.Change(
            kind=values.get("kind", ""),
            note_zh=values.get("note_zh", ""),
            note_en=values.get("note_en", ""),
            minor=values.get("minor", False),
        )
        workflow.approve(
            self.desk.brief.pk,
            by=self.desk.person,
            seen=values["seen"],
            at=self.moment,
            change=change,
            ticked=self.ticked,
        )


class PublishUrgently(VerbForm):
    preview = True
    lead = gettext_lazy("Urgent publication needs a reason. A second person must confirm it afterwards.")
    reason = note_field(gettext_lazy("Reason"))

    def perform(self) -> None:
        values = self.cleaned_data
        workflow.publish_urgently(
            self.desk.brief.pk, by=self.desk.person, seen=values["seen"], reason=values["reason"]
        )


class Reschedule(Timed):
    def buttons(self) -> list[Button]:
        return [("later", gettext_lazy("Reschedule")), ("now", gettext_lazy("Publish now"))]

    def perform(self) -> None:
        workflow.reschedule(self.desk.brief.pk, by=self.desk.person, at=self.moment)


class Withdraw(VerbForm):
    lead = gettext_lazy("The page stays as a notice with the reason; it leaves lists, feeds and search.")
    anchors = {"reason": "reason_zh"}
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", "–"), *WithdrawalKind.choices], required=False
    )
    reason_zh = note_field(gettext_lazy("Reason, Chinese"), "zh")
    reason_en = note_field(gettext_lazy("Reason, English"), "en")

    def perform(self) -> None:
        values = {name: self.cleaned_data[name] for name in ("kind", "reason_zh", "reason_en")}
        workflow.withdraw(self.desk.brief.pk, by=self.desk.person, **values)


class Remove(VerbForm):
    lead = gettext_lazy("Readers will be told that the page is gone. The reason stays on the desk.")
    reason = note_field(gettext_lazy("Reason"))

    def perform(self) -> None:
        workflow.remove(self.desk.brief.pk, by=self.desk.person, reason=self.cleaned_data["reason"])


class Cancel(VerbForm):
    lead = gettext_lazy("The scheduled edition will not appear. What readers see now stays.")

    def perform(self) -> None:
        workflow.cancel(self.desk.brief.pk, by=self.desk.person)


class Reinstate(VerbForm):
    lead = gettext_lazy("Readers see the brief again at once, as it was.")

    def perform(self) -> None:
        workflow.reinstate(self.desk.brief.pk, by=self.desk.person)


class Discard(VerbForm):
    lead = gettext_lazy("Nothing is deleted: every saved version stays in the revisions.")

    def perform(self) -> None:
        version = self.cleaned_data["version"] or 0
        workflow.discard(self.desk.brief.pk, by=self.desk.person, version=version)


FORMS: dict[str, type[VerbForm]] = {
    "send_back": SendBack,
    "approve": Approve,
    "publish_urgently": PublishUrgently,
    "reschedule": Reschedule,
    "withdraw": Withdraw,
    "remove": Remove,
    "cancel": Cancel,
    "reinstate": Reinstate,
    "discard": Discard,
}
