"""Forms of verbs that need input, each on its own page. Those that publish are in `publishing_forms`."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ...content import LANGUAGE_TAGS, SIDES, Content, Side
from ...models import WithdrawalKind
from ...text import date_format, paths
from ...workflow import Reason
from ...workflow.rules.transitions import format_time
from ..common.error_list import FieldError, field_errors_from_reasons
from ..common.interface_labels import SIDE_NAMES, format_with_label
from ..common.signoff_status import load_edition_content
from ..editor.editor_page_data import BriefPageData

type Button = tuple[str, str | Promise]


def build_note_field(label: str | Promise, side: Side | None = None) -> forms.CharField:
    lang = {"lang": LANGUAGE_TAGS[side]} if side else {}
    widget = forms.Textarea(attrs={"rows": 3, **lang})
    return forms.CharField(label=cast(str, label), required=False, widget=widget)


def render_in_both_languages(build_sentence: Callable[[Side], str]) -> list[dict[str, str]]:
    """Return the sentence for readers in both languages."""
    found = []
    for side in SIDES:
        with translation.override(paths.LANGUAGE_CODES[side]):
            found.append({"lang": LANGUAGE_TAGS[side], "sentence": build_sentence(side)})
    return found


class VerbForm(forms.Form):
    """Base form. `seen` and `version` identify what the page showed. Rules are checked by the workflow only."""

    introduction: ClassVar[str | Promise] = ""
    shows_working_copy: ClassVar[bool] = False
    content_heading: ClassVar[str | Promise] = gettext_lazy("What readers see")
    anchors: ClassVar[dict[str, str]] = {}
    """Field of this page for each `Reason.about`."""
    buttons: ClassVar[tuple[Button, ...]] = ()
    """Pairs of a value of `when` and a label. Enter triggers the first, so the first must not publish."""
    argument_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that the workflow's function takes under their own names."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, page_data: BriefPageData) -> None:
        self.page_data = page_data
        initial = {
            "seen": lambda: page_data.page_names.hash_with(page_data.content),
            "names_seen": lambda: page_data.page_names.as_text(),
            "version": page_data.brief.version,
        }
        super().__init__(data, auto_id="%s", initial=initial, label_suffix="")

    def blocking_errors(self) -> list[FieldError]:
        return []

    def is_impossible(self) -> bool:
        """Return whether no input would help, so that the page shows only the reason."""
        return False

    def build_errors(self, reasons: Iterable[Reason]) -> list[FieldError]:
        """Build errors with links for reasons that are neither about a field nor about the brief's page."""
        return field_errors_from_reasons(reasons)

    def describe_situation(self) -> list[str]:
        """Describe the public and the scheduled edition."""
        page_data = self.page_data
        lines = []
        if (edition := page_data.public_edition) is not None:
            told = {"n": edition.number, "time": format_time(edition.live_from)}
            lines.append(_("Edition %(n)s is public since %(time)s.") % told)
        if (edition := page_data.scheduled_edition) is not None:
            told = {"n": edition.number, "time": format_time(edition.live_from), "zone": settings.TIME_ZONE}
            lines.append(_("Edition %(n)s is scheduled for %(time)s (%(zone)s).") % told)
        return lines

    def content_to_show(self) -> Content | None:
        """Return the content to show next to the form."""
        return self.page_data.content if self.shows_working_copy else None

    def notices(self) -> list[dict[str, str]]:
        """Return the notices, in both languages, that readers would see instead of the text."""
        return []

    def differences(self) -> list[dict[str, str]]:
        """Return the substantive differences from the public content."""
        return []

    def facts_to_tick(self) -> list[dict[str, Any]]:
        """Return facts that must be confirmed with a checkbox."""
        return []

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the workflow function for this verb, besides the brief and the person."""
        return {name: self.cleaned_data[name] for name in self.argument_fields}

    def clean_version(self) -> int:
        return self.cleaned_data["version"] or 0


class SendBackForm(VerbForm):
    argument_fields = ("note", "sides")
    introduction = gettext_lazy("Please say what should be changed; the writer will see your note.")
    note = build_note_field(gettext_lazy("Note"))
    sides = forms.MultipleChoiceField(
        label=gettext_lazy("Languages that need changes"),
        choices=list(SIDE_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, data: Any = None, *, page_data: BriefPageData) -> None:
        super().__init__(data, page_data=page_data)
        asked = [side for side, part in page_data.plan.reviewers.items() if part.person == page_data.person]
        self.initial["sides"] = asked or ["zh", "en"]

    def describe_situation(self) -> list[str]:
        n = sum(note.resolved_at is None for note in self.page_data.notes)
        told = ngettext("%(n)s open note goes with it.", "%(n)s open notes go with it.", n)
        return [told % {"n": n}] if n else []


class EditionVerbForm(VerbForm):
    """Form of a verb about an existing edition, not the draft. Shows the edition next to the form."""

    content_heading = gettext_lazy("The text of this edition")
    edition_attribute: ClassVar[str] = "public_edition"
    """Attribute of the page data with the edition."""

    def is_impossible(self) -> bool:
        return getattr(self.page_data, self.edition_attribute) is None

    def content_to_show(self) -> Content | None:
        edition = getattr(self.page_data, self.edition_attribute)
        return load_edition_content(edition) if edition else None


class ConfirmForm(EditionVerbForm):
    edition_attribute = "unconfirmed_edition"
    edition_seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, page_data: BriefPageData) -> None:
        super().__init__(data, page_data=page_data)
        edition = page_data.unconfirmed_edition
        self.initial["edition_seen"] = edition.pk if edition else None

    def describe_situation(self) -> list[str]:
        if (edition := self.page_data.unconfirmed_edition) is None:
            return []
        told = {"name": edition.approved_by, "time": format_time(edition.approved_at), "n": edition.number}
        return [
            _("%(name)s published edition %(n)s urgently, %(time)s.") % told,
            _("Reason: %(reason)s") % {"reason": edition.urgent_reason},
        ]

    def is_impossible(self) -> bool:
        return bool(self.blocking_errors())

    def blocking_errors(self) -> list[FieldError]:
        edition = self.page_data.unconfirmed_edition
        if edition is None:
            return field_errors_from_reasons([Reason("nothing-urgent")])
        own = edition.approved_by_id == self.page_data.person.pk
        return field_errors_from_reasons([Reason("urgent-confirm-own")]) if own else []

    def arguments(self) -> dict[str, Any]:
        return {"seen": self.cleaned_data["edition_seen"] or 0}


class WithdrawForm(EditionVerbForm):
    argument_fields = ("kind", "reason_zh", "reason_en")
    introduction = gettext_lazy(
        "The page stays as a notice with the reason; it leaves lists, feeds and search."
    )
    anchors = {"reason": "reason_zh"}
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", "–"), *WithdrawalKind.choices], required=False
    )
    reason_zh = build_note_field(gettext_lazy("Reason, Chinese"), "zh")
    reason_en = build_note_field(gettext_lazy("Reason, English"), "en")

    def notices(self) -> list[dict[str, str]]:
        def format_notice(side: Side) -> str:
            reason = self[f"reason_{side}"].value() or "…"
            values = {"date": date_format.format_day(timezone.localdate(), side), "reason": reason}
            return _("This brief was withdrawn on %(date)s. Reason: %(reason)s") % values

        return render_in_both_languages(format_notice)


class RemoveForm(EditionVerbForm):
    argument_fields = ("reason",)
    introduction = gettext_lazy("Readers will be told that the page is gone. The reason stays on the desk.")
    reason = build_note_field(gettext_lazy("Reason"))

    def notices(self) -> list[dict[str, str]]:
        return render_in_both_languages(lambda side: _("This page has been removed."))


class CancelForm(EditionVerbForm):
    edition_attribute = "scheduled_edition"
    introduction = gettext_lazy(
        "The scheduled edition will not appear. What readers see now stays, and what was approved waits in review again."
    )


class ReinstateForm(EditionVerbForm):
    introduction = gettext_lazy("Readers see the brief again within a minute, as it was.")
    content_heading = gettext_lazy("What readers will see again")

    def describe_situation(self) -> list[str]:
        edition = self.page_data.public_edition
        if edition is None:
            return []
        taken = [
            (edition.withdrawn_at, _("Withdrawn"), edition.withdrawn_reason_zh),
            (edition.removed_at, _("Removed"), edition.removed_reason),
        ]
        return [format_with_label(what, f"{format_time(at)} – {why}") for at, what, why in taken if at]


class DiscardForm(VerbForm):
    argument_fields = ("version",)
    introduction = gettext_lazy("Nothing is deleted: every saved version stays in the revisions.")


class SourceWithdrewForm(VerbForm):
    argument_fields = ("version",)
    shows_working_copy = True
    introduction = gettext_lazy(
        "For when the source takes its article back. The texts stay signed; another publisher approves, and the page then says so above the text."
    )
