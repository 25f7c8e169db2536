"""Subscribers on the desk: their addresses for administrators alone, their number by language for everybody else."""

import json
from collections import Counter
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET

from briefs.admin.common.access import person_of, require_role
from briefs.admin.common.brief_pages import Badge, download_response, render_page
from briefs.admin.common.interface_labels import format_with_label
from briefs.admin.lists.desk_list import DeskFilter, ListOnlyAdmin
from briefs.exchange.sheets import SheetBuilder, SheetRefused, build_sheet_refusal, sheet_files
from briefs.models import MailSide, Subscriber
from briefs.models.mailings import READING
from briefs.publications import mailings, subscriber_lists, subscribers

from .issue_pages import list_events

LIST_SIZE_LIMIT: Final = 1_000_000
"""Bytes of an imported list. Its rows stand in the page of the preview and nowhere else until they are imported."""
MAX_PREVIEW_ROWS: Final = 500
KIND_LABELS: Final[dict[str, tuple[str | Promise, str]]] = {
    "new": (gettext_lazy("New"), "good"),
    "known": (gettext_lazy("Known: stays as it is"), "plain"),
    "left": (gettext_lazy("Has left: stays so"), "warn"),
    "erased": (gettext_lazy("Was erased: not taken"), "warn"),
    "wrong": (gettext_lazy("Wrong: not taken"), "bad"),
}
"""What an import does with a row, and the tone of its badge."""

type ListTable = list[list[Any]]
"""Headings, then rows of a list, each with its number first. It stands in the page until the import."""


def require_administrator(request: HttpRequest) -> None:
    if not person_of(request).is_superuser:
        raise PermissionDenied


class StateFilter(DeskFilter):
    title, parameter_name = gettext_lazy("State"), "state"
    options = (
        ("reading", gettext_lazy("Gets mail")),
        ("waiting", gettext_lazy("Not confirmed")),
        ("left", pgettext_lazy("subscriber", "Left")),
        ("bounced", gettext_lazy("Bounced")),
    )

    def build_condition(self, value: str) -> Q:
        return {
            "reading": READING,
            "waiting": Q(confirmed_at=None),
            "left": Q(left_at__isnull=False),
            "bounced": Q(bounced_at__isnull=False),
        }[value]


# Pages of administrators


def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one subscriber. A POST erases the address."""
    require_administrator(request)
    row = get_object_or_404(Subscriber, pk=pk)
    if request.method == "POST":
        subscriber_lists.erase(row, timezone.now(), by=person_of(request))
        messages.success(request, _("Erased. The address is not taken from an imported list again."))
        return redirect("admin:briefs_subscriber_changelist")
    return render_page(
        request,
        "issues/subscriber",
        opts=Subscriber._meta,
        title=subscribers.format_address(row.address),
        row=row,
        badge=_build_badge(row),
    )


class ListForm(forms.Form):
    """Which column of a list holds what, guessed from its headings, and the language of rows that name none."""

    address = forms.ChoiceField(label=gettext_lazy("E-mail address"))
    name = forms.ChoiceField(label=gettext_lazy("Name"), required=False)
    language = forms.ChoiceField(label=pgettext_lazy("subscriber", "Language"), required=False)
    side = forms.ChoiceField(label=gettext_lazy("Language of rows that name none"), choices=MailSide.choices)
    consent = forms.ChoiceField(label=gettext_lazy("Day of consent"))

    def __init__(self, table: ListTable, posted: QueryDict) -> None:
        (_number, *self.headings), *self.rows = table
        guesses = subscriber_lists.guess_columns(self.headings)
        data = {name: "" if at is None else str(at) for name, at in guesses.items()} | {"side": MailSide.ZH}
        super().__init__(
            data | {name: posted[name] for name in self.base_fields if name in posted}, label_suffix=""
        )
        choices = [("", "–"), *((str(n), heading) for n, heading in enumerate(self.headings) if heading)]
        for name in subscriber_lists.COLUMNS:
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def list_rows(self) -> list[subscriber_lists.ListRow]:
        """Return the rows by the chosen columns. Raise SheetRefused if a column is missing."""
        if not self.is_valid():
            raise build_sheet_refusal(_("Choose the columns of the address and of the day of consent."))
        chosen = {name: self.cleaned_data[name] for name in subscriber_lists.COLUMNS}
        columns = {name: int(at) if at else None for name, at in chosen.items()}
        rows = ((number, cells) for number, *cells in self.rows)
        side = MailSide(self.cleaned_data["side"])
        return list(subscriber_lists.read_rows(self.headings, rows, columns, side))


def import_list(request: HttpRequest) -> HttpResponse:
    """Take a file, show which column holds what and what becomes of each row, then store the new ones."""
    require_administrator(request)
    problems: list[str] = []
    plan: list[subscriber_lists.ListedAddress] = []
    table: ListTable = []
    form: ListForm | None = None
    if request.method == "POST":
        try:
            table = (
                _read_posted_table(request.POST["rows"]) if "rows" in request.POST else _read_file(request)
            )
            form = ListForm(table, request.POST)
            rows = form.list_rows()
            if "rows" in request.POST and request.POST.get("do") != "preview":
                plan = subscriber_lists.import_list(rows, timezone.now(), by=person_of(request))
                messages.success(request, _(", ").join(_count_kinds(plan)))
                return redirect("admin:briefs_subscriber_changelist")
            plan = subscriber_lists.plan_import(rows, timezone.now())
        except SheetRefused as refused:
            problems = [str(problem) for problem in refused.problems]
    return render_page(
        request,
        "issues/subscriber_import",
        opts=Subscriber._meta,
        title=_("Import a list of subscribers"),
        reasons=[{"text": problem} for problem in problems],
        form=form,
        counts=_count_kinds(plan),
        shown=[
            (
                row,
                Badge(str(KIND_LABELS[row.kind][0]), KIND_LABELS[row.kind][1]),
                subscriber_lists.REASONS.get(row.fault, ""),
            )
            for row in sorted(plan, key=lambda row: (row.kind != "wrong", row.number))[:MAX_PREVIEW_ROWS]
        ],
        more=max(0, len(plan) - MAX_PREVIEW_ROWS),
        new=sum(row.kind == "new" for row in plan),
        rows=json.dumps(table, ensure_ascii=False),
        is_preview=bool(plan),
        status=409 if problems else 200,
    )


def _read_file(request: HttpRequest) -> ListTable:
    file = request.FILES.get("file")
    if not file:
        raise build_sheet_refusal(_("Choose a file."))
    if (file.size or 0) > LIST_SIZE_LIMIT:
        raise build_sheet_refusal(_("The file is larger than 1 MB. Split it."))
    sheet = sheet_files.read_sheet(file.read(), SheetBuilder(date_columns=None))
    table: ListTable = [[1, *sheet.headings], *([row.number, *row.cells] for row in sheet.rows)]
    if sum(len(cell) for _number, *cells in table for cell in cells) > LIST_SIZE_LIMIT:  # of a workbook
        raise build_sheet_refusal(_("The file is larger than 1 MB. Split it."))
    return table


def _read_posted_table(posted: str) -> ListTable:
    try:
        table: ListTable = [[int(number), *cells] for number, *cells in json.loads(posted)]
        is_even = len({len(row) for row in table}) == 1
        if not is_even or not all(isinstance(cell, str) for _number, *cells in table for cell in cells):
            raise ValueError(posted)
    except (TypeError, ValueError) as error:
        raise BadRequest("rows") from error
    return table


def _count_kinds(plan: list[subscriber_lists.ListedAddress]) -> list[str]:
    counts = Counter[str](row.kind for row in plan)
    return [
        format_with_label(str(label), str(counts[kind]))
        for kind, (label, _tone) in KIND_LABELS.items()
        if counts[kind]
    ]


def _build_badge(row: Subscriber) -> Badge:
    if row.left_at:
        return Badge(pgettext("subscriber", "Left"))
    if row.bounced_at:
        return Badge(_("Bounced"), "bad")
    return Badge(_("Gets mail"), "good") if row.confirmed_at else Badge(_("Not confirmed"), "warn")


@admin.register(Subscriber)
class SubscriberAdmin(ListOnlyAdmin):
    change_list_template = "admin/briefs/issues/subscribers.html"
    pages = (("import/", import_list, "import"), ("<int:pk>/change/", change, "change"))
    list_display = ("mail_address", "side", "badge", "since")
    list_display_links = ("mail_address",)
    list_filter = (StateFilter, "side")
    search_fields = ("address",)
    search_help_text = gettext_lazy("E-mail address")
    empty_hint = gettext_lazy(
        "Nobody yet. Readers subscribe at /en/subscribe/; a list that you have can be imported."
    )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [*super().get_urls(), self.build_url_pattern("export/", require_GET(self.export), "export")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        require_role(request)
        numbers = mailings.count_readers()
        counts = [(label, numbers.get(side, 0)) for side, label in MailSide.choices]
        if not person_of(request).is_superuser:
            title = self.opts.verbose_name_plural
            return render_page(request, "issues/subscriber_counts", opts=None, title=title, counts=counts)
        query = request.GET.urlencode()
        links = [
            (_("Import"), self.reverse_url("import")),
            (_("Export"), f"{self.reverse_url('export')}{f'?{query}' if query else ''}"),
        ]
        events = list_events(subscriber_lists.EVENTS_ABOUT)
        return super().changelist_view(request, {"counts": counts, "links": links, "events": events})

    def mail_address(self, row: Subscriber) -> str:
        return subscribers.format_address(row.address)

    def badge(self, row: Subscriber) -> Badge:
        return _build_badge(row)

    def since(self, row: Subscriber) -> str:
        return timezone.localtime(row.created_at).date().isoformat()

    def export(self, request: HttpRequest) -> HttpResponse:
        """Download the rows that match the list's search and filters."""
        require_administrator(request)
        try:
            rows = list(self.get_changelist_instance(request).queryset)
        except IncorrectLookupParameters as error:
            raise BadRequest("filter") from error
        data = sheet_files.write_csv(subscriber_lists.export_rows(rows))
        now, person = timezone.now(), person_of(request)
        subscriber_lists.record("export_subscribers", len(rows), by=person, now=now)
        name = f"subscribers-{timezone.localdate():%Y-%m-%d}.csv"
        return download_response(name, data, sheet_files.CONTENT_TYPES["csv"])
