"""The *Status* page for administrators: what is queued, failed, late or full, and what to do about it."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from briefs.admin.common import interface_labels
from briefs.admin.common.access import person_of
from briefs.admin.common.brief_pages import render_page
from briefs.models import JobRun
from briefs.operations import health, notifications

_SETUP: Final = gettext_lazy("Run “digest setup --no-person” on the server.")

PARTS: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    "notices": (gettext_lazy("Notices"), gettext_lazy("Look at the errors, then try again.")),
    "jobs": (
        gettext_lazy("Sending and tidying (publish_due)"),
        gettext_lazy("Look at the timer digest-publish on the server."),
    ),
    "backup": (
        gettext_lazy("Last proved backup"),
        gettext_lazy("Look at the timer digest-backup on the server."),
    ),
    "integrity": (
        gettext_lazy("Examination of the database"),
        gettext_lazy("Run “digest doctor” on the server. If it finds damage, restore a backup."),
    ),
    "database": (gettext_lazy("Database"), gettext_lazy("Look at the log of the database.")),
    "writes": (
        gettext_lazy("Writing to the database"),
        gettext_lazy("Nothing can be saved. Look whether the disk or the database is read-only."),
    ),
    "guards": (gettext_lazy("Protection of published versions"), _SETUP),
    "migrations": (gettext_lazy("Tables of the database"), _SETUP),
    "wal": (
        gettext_lazy("Write-ahead log"),
        gettext_lazy("Restart the site. If the log grows again, another program keeps the database open."),
    ),
    "disk": (gettext_lazy("Free disk space"), gettext_lazy("Delete old archives, or enlarge the disk.")),
    "mail": (
        gettext_lazy("Mail server"),
        gettext_lazy("Notices wait until the server of EMAIL_URL can be reached."),
    ),
    "cache": (
        gettext_lazy("Cache"),
        gettext_lazy("Pages work without it. Start the server of CACHE_URL."),
    ),
}
"""Name of each part and what to do if it failed."""
_AGES: Final = {"jobs": "publish_due", "backup": JobRun.PROVED_BACKUP, "integrity": health.INTEGRITY}
_SIZES: Final = {"database": "database_bytes", "wal": "wal_bytes", "disk": "disk_free_bytes"}
_HAS_TIMER: Final = ("jobs", "backup")
_OF_SQLITE: Final = ("integrity", "wal")


@dataclass(frozen=True, slots=True)
class StatusRow:
    name: str
    figure: str = ""
    advice: str = ""
    """Empty if nothing has to be done."""
    url: str = ""
    link: str = ""


def show_status(request: HttpRequest) -> HttpResponse:
    if not person_of(request).is_superuser:
        raise PermissionDenied
    rows = _build_rows(timezone.now())
    return render_page(
        request,
        "home/status",
        title=_("Status"),
        style="briefs/status.css",
        opts=None,
        wrong=[row for row in rows if row.advice],
        fine=[row for row in rows if not row.advice],
        version=settings.VERSION,
    )


def _build_rows(now: dt.datetime) -> list[StatusRow]:
    status = health.check_now()
    failed = notifications.find_failed_notices().count()
    rows = []
    for part, (name, advice) in PARTS.items():
        figure, has_failed = _format_figure(part, status.figures, now), bool(status.faults[part])
        url = ""
        if part in _OF_SQLITE and connection.vendor != "sqlite":
            continue
        if part == "notices":
            if failed:
                has_failed, url = True, reverse("admin:briefs_outbox_changelist")
            else:  # nothing was tried, so there is no error to show
                advice = PARTS["jobs"][1]
            waiting = int(status.figures.get("notices_waiting", 0))
            figure = _("%(due)s due, %(failed)s failed") % {"due": waiting, "failed": failed}
        elif part in _AGES and not figure:
            figure, has_failed = _("never"), has_failed or part in _HAS_TIMER
        link = _("Notices not sent") if url else ""
        rows.append(StatusRow(str(name), figure, str(advice) if has_failed else "", url, link))
    return rows


def _format_figure(part: str, figures: health.Figures, now: dt.datetime) -> str:
    if part in _AGES and (age := figures.get(f"{_AGES[part]}_age_seconds")) is not None:
        return interface_labels.format_ago(now - dt.timedelta(seconds=age), now)
    if part in _SIZES and (size := figures.get(_SIZES[part])) is not None:
        return str(filesizeformat(size))
    return ""
