"""Forms of verbs that need input, each on its own page."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, ClassVar, Final, Literal, cast

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from briefs.admin.common.form_fields import FieldError, LocalDateTimeField, field_errors_from_reasons
from briefs.admin.common.interface_labels import (
    LEAF_NAMES,
    SIDE_NAMES,
    format_with_label,
    format_with_remark,
    interface_side,
)
from briefs.admin.common.publication import Publication
from briefs.admin.common.task_list import build_keyword_url
from briefs.admin.editor.editor_page_data import BriefPageData
from briefs.content import LANGUAGE_TAGS, NO_CHANGE, SIDES, Content, Side
from briefs.derived.public_brief import PageNames
from briefs.models import WithdrawalKind
from briefs.text import date_format, paths
from briefs.text.text_diff import ContentDifference, diff_contents
from briefs.workflow import Reason, publishing
from briefs.workflow.brief_facts import load_edition_content
from briefs.workflow.editions import find_last_shown_edition
from briefs.workflow.rules.refusals import find_moments
from briefs.workflow.rules.transitions import format_time

from .correction_pages import describe_holders

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
    main_button: ClassVar[str] = "now"
    """The one that stands out: what the page is for."""
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
            lines.append(_("Edition %(n)s has been public since %(time)s.") % told)
        if (edition := page_data.scheduled_edition) is not None:
            told = {"n": edition.number, "time": format_time(edition.live_from), "zone": settings.TIME_ZONE}
            lines.append(_("Edition %(n)s is scheduled for %(time)s (%(zone)s).") % told)
        return lines

    def content_to_show(self) -> Content | None:
        """Return the content to show next to the form."""
        return self.page_data.content if self.shows_working_copy else None

    def find_difference(self) -> ContentDifference | None:
        """Return what an edition changed for readers, if the page is to show that instead of the text."""
        return None

    def notices(self) -> list[dict[str, str]]:
        """Return the notices, in both languages, that readers would see in place of the text."""
        return []

    def publication(self) -> Publication | None:
        """Return what a publisher sees before a press publishes the working copy."""
        return None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the workflow function for this verb, besides the brief and the person."""
        return {name: self.cleaned_data[name] for name in self.argument_fields}

    def clean_version(self) -> int:
        return self.cleaned_data["version"] or 0


class SendBackForm(VerbForm):
    argument_fields = ("note", "sides")
    introduction = gettext_lazy("Please say what should be changed; the writer will see your note.")
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
    )
    sides = forms.MultipleChoiceField(
        label=gettext_lazy("Languages that need changes"),
        choices=list(SIDE_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

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


def build_withdrawal_field(page: Literal["brief", "issue"]) -> forms.ChoiceField:
    """Build the field of a withdrawal's kind. Each choice shows the sentence that readers will see."""

    def list_kinds() -> list[tuple[str, str]]:
        side = interface_side()
        kinds = [(str(kind), f"{kind.label} – {kind.sentence(side, page)}") for kind in WithdrawalKind]
        return [("", "–"), *kinds]

    return forms.ChoiceField(label=gettext_lazy("Kind"), choices=list_kinds, required=False)


class WithdrawForm(EditionVerbForm):
    argument_fields = ("kind",)
    introduction = gettext_lazy(
        "The page stays as a notice with the sentence of the kind; it leaves lists, feeds and search."
    )
    kind = build_withdrawal_field("brief")

    def notices(self) -> list[dict[str, str]]:
        kind = self["kind"].value()

        def format_notice(side: Side) -> str:
            reason = WithdrawalKind(kind).sentence(side) if kind in WithdrawalKind else "…"
            values = {"date": date_format.format_day(timezone.localdate(), side), "reason": reason}
            return _("This brief was withdrawn on %(date)s. Reason: %(reason)s") % values

        return render_in_both_languages(format_notice)

    def describe_situation(self) -> list[str]:
        return super().describe_situation() + describe_holders(self.page_data.brief)


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
        "For when the source takes its article back. The texts stay as they are. A publisher approves, and the page then says so above the text."
    )


# Forms of verbs that publish now or at a set time: approve, reschedule.

TIME_WITH_NOW: Final = gettext_lazy("You entered a time and chose “now”. Empty the time, or schedule.")


class ScheduledVerbForm(VerbForm):
    """Publish now or at a time in the site's zone.

    Asks which moment is meant if a clock change repeats the time.
    """

    at = LocalDateTimeField(required=False)

    def __init__(self, data: Any = None, *, page_data: BriefPageData) -> None:
        super().__init__(data, page_data=page_data)
        self.fields["at"].label = _("Time (%(zone)s)") % {"zone": settings.TIME_ZONE}
        self.ambiguous_moments = find_ambiguous_moments(str(data.get("at", ""))) if data else []
        if self.ambiguous_moments:
            choices = [
                (str(n), _format_with_offset(moment)) for n, moment in enumerate(self.ambiguous_moments)
            ]
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
            self.add_error("at", TIME_WITH_NOW)
        if self.ambiguous_moments and later:
            if which := values.get("which"):
                values["at"] = self.ambiguous_moments[int(which)]
            else:
                sentence = _("This time comes twice in %(zone)s because the clocks change. Choose which.")
                self.add_error("which", sentence % {"zone": settings.TIME_ZONE})
        return values


def find_ambiguous_moments(value: str) -> list[dt.datetime]:
    """Return both moments of a time repeated by a clock change, else an empty list."""
    try:
        found = find_moments(dt.datetime.fromisoformat(value).replace(tzinfo=None))
    except ValueError:
        return []
    return found if len(found) == 2 else []


def _format_with_offset(moment: dt.datetime) -> str:
    offset = f"{moment:%z}"
    return format_with_remark(f"{moment:%H:%M}", f"UTC{offset[:3]}:{offset[3:]}")


MAX_EXCERPT_LENGTH: Final = 60
"""Characters shown of an excerpt."""


class NamesSeenForm(VerbForm):
    """Form of a publishing verb. It sends back the names that the page showed, so that a refusal can name changes."""

    names_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_names_seen(self) -> PageNames:
        return PageNames.parse(self.cleaned_data["names_seen"])


class ApproveForm(ScheduledVerbForm, NamesSeenForm):
    argument_fields = ("seen", "names_seen", "at")
    buttons = (
        ("later", gettext_lazy("Approve and schedule")),
        ("now", gettext_lazy("Approve and publish now")),
    )
    shows_working_copy = True
    field_order = ("at", "which")

    def describe_situation(self) -> list[str]:
        return super().describe_situation() + describe_holders(self.page_data.brief)

    def blocking_errors(self) -> list[FieldError]:
        """Return what blocks approval, except the time, which this page asks for."""
        data = self.page_data
        reasons = publishing.why_not_approve(
            data.brief, data.content, data.signing, data.person, was_public=data.was_public
        )
        return self.build_errors(reasons)

    def build_errors(self, reasons: Iterable[Reason]) -> list[FieldError]:
        """Link each error to the place where it can be fixed, and list each open note."""
        errors: list[FieldError] = []
        for reason in reasons:
            errors += field_errors_from_reasons([reason], href=self._reason_url(reason))
            if reason.code == "open-notes":
                errors += self._open_note_errors()
        return errors

    def _reason_url(self, reason: Reason) -> str:
        pk = self.page_data.brief.pk
        review = reverse("admin:briefs_brief_review", args=[pk])
        if reason.about.startswith("signoff-") or reason.about == "notes":
            return f"{review}#{reason.about}"
        if reason.code in ("keyword-zh", "keyword-en"):
            return build_keyword_url(
                reason.values["pk"], back=reverse("admin:briefs_brief_change", args=[pk])
            )
        return ""

    def _open_note_errors(self) -> list[FieldError]:
        review = reverse("admin:briefs_brief_review", args=[self.page_data.brief.pk])
        return [
            FieldError(
                _("%(part)s: %(who)s") % {"part": note.by, "who": note.text[:MAX_EXCERPT_LENGTH]},
                href=f"{review}#note-{note.pk}",
            )
            for note in self.page_data.notes
            if note.resolved_at is None
        ]

    def find_difference(self) -> ContentDifference | None:
        edition = find_last_shown_edition(self.page_data.editions, self.page_data.now)
        if edition is None:
            return None
        before, after = load_edition_content(edition), self.page_data.content.without_staff_fields()
        return diff_contents(replace(before, **NO_CHANGE), replace(after, **NO_CHANGE))

    def publication(self) -> Publication:
        data = self.page_data
        return Publication.build(data.signing, data.person, data.content, LEAF_NAMES)


class RescheduleForm(ScheduledVerbForm, EditionVerbForm):
    argument_fields = ("at",)
    edition_attribute = "scheduled_edition"
    buttons = (("later", gettext_lazy("Reschedule")), ("now", gettext_lazy("Publish now")))
    main_button = "later"

    def __init__(self, data: Any = None, *, page_data: BriefPageData) -> None:
        super().__init__(data, page_data=page_data)
        if page_data.scheduled_edition:
            self.initial["at"] = f"{timezone.localtime(page_data.scheduled_edition.live_from):%Y-%m-%dT%H:%M}"
