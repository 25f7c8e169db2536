"""The list of drafts that wait, the page of one, and the base of the forms whose changes become drafts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from briefs import workflow
from briefs.admin.common import interface_labels
from briefs.admin.common.access import RefusalAwareAdmin, require_role
from briefs.admin.common.brief_pages import add_done_message, render_page
from briefs.admin.common.diff_html import CELL_EFFORT, highlight_differences, render_diff
from briefs.admin.common.site_texts import SITE_TEXT_CHOICES
from briefs.admin.lists.desk_list import ListOnlyAdmin, render_lines
from briefs.content import LANGUAGE_TAGS
from briefs.models import Brief, Draft, Person, SiteText
from briefs.models.vocabulary import Vocabulary
from briefs.workflow import policy
from briefs.workflow.drafts import PageDraft, format_signers, load_draft, may_take_back
from briefs.workflow.rules import LeafName, build_page_name, find_row, get_leaf, hash_values, read_values

# The base of the forms.


class DraftedAdmin(RefusalAwareAdmin):
    """Admin whose forms show the draft of a row that waits, in place of the row, and store the next one."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        return self._show_draft(request, row) if row else None

    def _show_draft(self, request: HttpRequest, row: Any) -> Any:
        """Return the row with the values of its draft. Remember on the request what the form shows."""
        state = load_draft(build_page_name(row), row)
        shown = state.row if state and not state.is_outdated else row
        request.shown_draft, request.shown_hash = state, hash_values(read_values(shown))  # type: ignore[attr-defined]
        return shown

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if get_written_draft(request) else super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None if get_written_draft(request) else super().log_change(request, obj, message)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self._response_waits(request) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._response_waits(request) or super().response_change(request, obj)

    def _response_waits(self, request: HttpRequest) -> HttpResponse | None:
        draft = get_written_draft(request)
        if draft is None:
            return None
        add_waiting_message(request, [draft])
        if "_addanother" in request.POST:
            return redirect(self.reverse_url("add"))
        return redirect("admin:briefs_draft_change", pk=draft.pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        context["draft"] = getattr(request, "shown_draft", None)
        return super().render_change_form(request, context, *args, **options)

    def render_page(
        self,
        request: HttpRequest,
        name: str,
        *,
        problems: Iterable[object] = (),
        status: int = 0,
        **values: Any,
    ) -> HttpResponse:
        """Render a page of this vocabulary. With problems, the status is 409 unless given."""
        reasons = [{"text": str(problem)} for problem in problems]
        return render_page(
            request,
            f"vocabulary/{name}",
            opts=self.opts,
            reasons=reasons,
            status=status or (409 if reasons else 200),
            **values,
        )


def get_written_draft(request: HttpRequest) -> Draft | None:
    """Return the draft that this request stored instead of the row."""
    return getattr(request, "written_draft", None)


def add_waiting_message(request: HttpRequest, drafts: Sequence[Draft]) -> None:
    """Add a message that readers see nothing new until somebody says yes, with the people who may."""
    if not drafts:
        return
    sentence = ngettext(
        "Readers would see this, so it waits for a second person: %(names)s.",
        "Readers would see this, so %(n)s changes wait for a second person: %(names)s.",
        len(drafts),
    )
    state = PageDraft(drafts[0], find_row(drafts[0].page))
    messages.info(request, sentence % {"n": len(drafts), "names": format_signers(state)})


# The page of one draft.

YES_LABELS: Final[Mapping[str, tuple[str | Promise, tuple[LeafName, ...]]]] = {
    "zh": (gettext_lazy("Yes to the Chinese"), ("zh",)),
    "en": (gettext_lazy("Yes to the English"), ("en",)),
    "both": (gettext_lazy("Yes to both languages"), ("zh", "en")),
    "common": (pgettext_lazy("draft", "Yes"), ("common",)),
}
"""Label and leaves of each button. A yes to a language covers what both languages share."""
LEAF_LABELS: Final[Mapping[str, str | Promise]] = {
    "zh": gettext_lazy("Yes to the Chinese"),
    "en": gettext_lazy("Yes to the English"),
    "common": gettext_lazy("Yes to what both languages share"),
}
TEXT_LABELS: Final[Mapping[str, str | Promise]] = {
    "text_zh": gettext_lazy("Text, Chinese"),
    "text_en": gettext_lazy("Text, English"),
    "start_here": gettext_lazy("Start here"),
    "start_here_zh": gettext_lazy("Reason, Chinese"),
    "start_here_en": gettext_lazy("Reason, English"),
}
MAX_VERSIONS_SHOWN: Final = 20


def find_drafts() -> QuerySet[Draft]:
    return Draft.objects.exclude(values={}).select_related("by").order_by("-pk")


def show_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a draft. A POST says yes to a language or both, or takes the draft back."""
    person = require_role(request)
    draft = get_object_or_404(find_drafts(), pk=pk)
    refusal: workflow.Refused | None = None
    if request.method == "POST":
        try:
            if answer := _act(request, draft, request.POST.get("do", ""), person):
                return answer
        except workflow.Refused as refused:
            refusal = refused
    state = load_draft(draft.page)
    waits = bool(state and state.draft == draft)
    if state is None or not waits:
        state = PageDraft(draft, find_row(draft.page))
    signable = state.list_signable(person) if waits and not state.is_outdated else []
    both = ["both"] if len(signable) > 1 else []
    return render_page(
        request,
        "vocabulary/draft",
        title=format_label(state),
        subtitle=state.row._meta.verbose_name,
        opts=Draft._meta,
        draft=draft,
        reasons=[{"text": str(reason)} for reason in refusal.reasons] if refusal else [],
        authors=_(", ").join(map(str, state.authors)),
        changes=describe_changes(state, highlight_differences) if waits else describe_values(state),
        waits=waits,
        is_outdated=waits and state.is_outdated,
        answers=[
            (answer, LEAF_LABELS[name])
            for name, leaf in state.leaves.items()
            for answer in state.answers
            if (answer.leaf, answer.hash) == (name, leaf.hash)
        ],
        buttons=[(name, YES_LABELS[name][0]) for name in (*both, *signable)],
        signers=format_signers(state),
        change_url=build_change_url(state, person) if waits else "",
        may_take_back=waits and may_take_back(state, person),
        versions=find_drafts().filter(page=draft.page)[:MAX_VERSIONS_SHOWN],
        status=409 if refusal else 200,
    )


def _act(request: HttpRequest, draft: Draft, act: str, person: Person) -> HttpResponse | None:
    if act == "take_back":
        workflow.drafts.take_back_draft(draft, by=person)
        add_done_message(request, "take_back_draft")
    elif act in YES_LABELS:
        is_public = workflow.drafts.sign_draft(draft, YES_LABELS[act][1], by=person)
        add_done_message(request, "publish_draft" if is_public else "sign_draft")
        if not is_public:
            return redirect("admin:briefs_draft_change", pk=draft.pk)
        _log_published(draft, person)
    else:
        return None
    return _redirect_to_next(draft, person)


def _redirect_to_next(draft: Draft, person: Person) -> HttpResponseRedirect:
    """Redirect to the next older draft that waits for the person's yes, since a sheet makes many at once."""
    for other in Draft.objects.waiting().filter(pk__lt=draft.pk).exclude(by=person).order_by("-pk"):
        if PageDraft(other, find_row(other.page)).list_signable(person):
            return redirect("admin:briefs_draft_change", pk=other.pk)
    return redirect("admin:briefs_draft_changelist")


def _log_published(draft: Draft, person: Person) -> None:
    """Add the change to the history page of the row."""
    rows: Any = [find_row(draft.page)]
    said = _("Published a draft of %(name)s") % {"name": draft.by}
    flag = ADDITION if draft.base_hash == hash_values({}) else CHANGE
    LogEntry.objects.log_actions(person.pk, rows, flag, change_message=said)


def format_label(state: PageDraft) -> str:
    row = state.stored or state.row
    if not isinstance(row, SiteText):
        return str(row)
    titles = {key: str(label) for key, label in SITE_TEXT_CHOICES}
    return str(find_subject(row) or titles.get(row.key, row.key))


def find_subject(text: SiteText) -> Vocabulary | None:
    """Return the topic, author or source that an introduction is about."""
    subject = find_row(text.key) if "/" in text.key else None
    return subject if isinstance(subject, Vocabulary) else None


def build_change_url(state: PageDraft, person: Person) -> str:
    """Return the address of the form that changes the draft, or an empty text if there is none for the person."""
    row = state.row
    is_text = isinstance(row, SiteText)
    if not policy.has_role_for(person, "edit_site" if is_text else "edit_vocabulary"):
        return ""
    if is_text and (subject := find_subject(row)):
        return reverse(f"admin:briefs_{subject._meta.model_name}_topic_page", args=[subject.pk])
    kind = row._meta.model_name
    if state.stored is None and not is_text:
        return f"{reverse(f'admin:briefs_{kind}_add')}?draft={state.draft.pk}"
    is_merge = not is_text and "merged_into" in _list_changed_columns(state)
    return "" if is_merge else reverse(f"admin:briefs_{kind}_change", args=[row.pk])


def _list_changed_columns(state: PageDraft) -> list[str]:
    return [name for name, value in state.draft.values.items() if state.current.get(name, "") != value]


def describe_changes(state: PageDraft, mark: Any) -> list[dict[str, Any]]:
    """Return the changed columns. `mark`: renders the text before and the one after."""
    both = [
        (
            name,
            *(_describe_value(state, values.get(name, "")) for values in (state.current, state.draft.values)),
        )
        for name in _list_changed_columns(state)
    ]
    return [
        {"label": _column_label(state, name), "lang": _get_lang(name), "texts": mark(old, new, CELL_EFFORT)}
        for name, old, new in both
        if old != new
    ]


def describe_values(state: PageDraft) -> list[dict[str, Any]]:
    """Return the columns of a draft that does not wait any more."""
    values = ((name, _describe_value(state, value)) for name, value in state.draft.values.items())
    return [
        {"label": _column_label(state, name), "lang": _get_lang(name), "texts": ["", text]}
        for name, text in values
        if text
    ]


def _get_lang(column: str) -> str:
    leaf = get_leaf(column)
    return "" if leaf == "common" else LANGUAGE_TAGS[leaf]


def _column_label(state: PageDraft, name: str) -> str:
    if name in TEXT_LABELS:
        return str(TEXT_LABELS[name])
    return _("Merged into") if name == "merged_into" else str(state.row._meta.get_field(name).verbose_name)


def _describe_value(state: PageDraft, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):  # the row that this one is merged into
        return " · ".join(dict.fromkeys(str(value[name]) for name in state.row.label_columns if value[name]))
    if isinstance(value, list):
        briefs = Brief.objects.in_bulk([one for one in value if isinstance(one, int)])
        return "\n".join(str(briefs.get(one, one)) for one in value)
    return str(interface_labels.VOCABULARY_KIND_NAMES.get(value, value) or "")


# The list.


@admin.register(Draft)
class DraftAdmin(ListOnlyAdmin):
    under_inbox = True
    verb = "sign_draft"
    pages = (("<int:pk>/change/", show_draft, "change"),)
    list_display = ("label", "changes", "kind", "written")
    list_display_links = ("label",)
    lede = gettext_lazy(
        "Changes of names, terms and texts that readers would see. Each waits until two people have seen it: who"
        " wrote it, and somebody who says yes."
    )
    empty_hint = gettext_lazy("No drafts wait.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Draft]:
        return Draft.objects.waiting().select_related("by").order_by("-pk")

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        for draft in rows:
            draft.state = PageDraft(draft, find_row(draft.page))

    def label(self, draft: Any) -> str:
        return format_label(draft.state)

    def changes(self, draft: Any) -> SafeString:
        changes = describe_changes(draft.state, render_diff)
        return render_lines(*(format_html("<b>{label}</b> {texts}", **change) for change in changes))

    def kind(self, draft: Any) -> SafeString:
        return format_html('<span class="badge">{}</span>', draft.state.row._meta.verbose_name)

    def written(self, draft: Draft) -> SafeString:
        return render_lines(interface_labels.format_ago(draft.at, timezone.now()), draft.by)
