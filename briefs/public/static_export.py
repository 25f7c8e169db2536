"""Export the public site as files for a static host. Write changed files and delete stale ones.

A page is written again if its key changed. The page, citation files and Markdown of a brief depend on its editions, the
names of the public one, the issues that it was in, and slug and headlines of the briefs it links to. Other pages may
depend on anything public.
"""

import datetime as dt
import fcntl
import hashlib
import html
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from itertools import pairwise
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import Resolver404, URLResolver, get_resolver, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext

from briefs.content import LANGUAGE_TAGS, SIDES, Side
from briefs.database import replica
from briefs.derived.public_brief import RelatedBriefs
from briefs.models.edition import Edition, IssueEdition, IssueItem
from briefs.models.site import SiteText
from briefs.publications import epub, pdf, published
from briefs.text import paths

from . import card_views, feeds, issue_files, page_cache, responses
from .editions import MAX_NEIGHBOURS, OLDEST_KEY, build_year_key, select_headlines
from .page_cache import compute_build_hash, hash_parts
from .responses import language_from_path
from .subject_queries import SUBJECT_KINDS

# Keys: hashes of all that an exported page is made from. A page with an unchanged key is not rendered again.

OTHER_TABLES: Final[tuple[type[Model], ...]] = (
    *(kind.model for kind in SUBJECT_KINDS.values()),
    *(SiteText, IssueEdition, IssueItem),
)
_NOT_SHOWN: Final = {"content", "removed_reason"}
"""Columns of editions left out of keys: no page shows them, or (`content`) a hash of it is included."""
_CHUNK: Final = 2000


class ExportKeys:
    """The keys at one moment. `site`: the key of everything public."""

    def __init__(self, now: dt.datetime) -> None:
        self._common = hash_parts(
            [compute_build_hash(), card_views.find_face("zh"), card_views.find_face("en")]
        )
        self._by_slug: dict[str, str] = {}
        self._issues = list(published.list_current(now).values_list("pk", flat=True))
        self._read_briefs(now)
        others = (row for table in OTHER_TABLES for row in _read_rows(table))
        recent = [row.pk for row in feeds.select_withdrawn(Edition.objects.found(now), now)]
        recent += feeds.select_feed_issues(now).values_list("pk", flat=True)
        self.site = hash_parts([self._common, sorted(self._by_slug.items()), self._issues, recent, *others])

    def find_key(self, slug: str) -> str:
        """Return the key of a listed or withdrawn brief's pages; empty for any other brief."""
        return self._by_slug.get(slug, "")

    def _read_briefs(self, now: dt.datetime) -> None:
        editions = Edition.objects.found(now)
        own: dict[int, Any] = {pk: hashlib.sha256() for pk in editions.values_list("pk", flat=True)}
        ids: dict[str, dict[int, list[int]]] = {}
        for kind in SUBJECT_KINDS.values():
            names = {pk: row for pk, *row in _read_rows(kind.model)}
            of_edition = ids[kind.name] = {}
            columns = ("edition_id", f"{kind.join_column}_id")
            for pk, name, *row in _read_rows(kind.join_table, *columns, edition__in=editions):
                own[pk].update(repr((row, names.get(name))).encode())
                if name:
                    of_edition.setdefault(pk, []).append(name)
        history: dict[int, Any] = {}
        for brief, *row in _read_rows(Edition, "brief_id", live_from__lte=now):
            history.setdefault(brief, hashlib.sha256()).update(repr(row).encode())
        links = _read_links(now, ids["keywords"], ids["sources"])
        issues: dict[int, list[int]] = {}
        places = IssueItem.objects.filter(issue_edition__in=self._issues)
        for brief, number in places.values_list("brief_id", "issue_edition__issue_number").order_by("pk"):
            issues.setdefault(brief, []).append(number)
        for pk, brief, slug in editions.values_list("pk", "brief_id", "slug"):
            parts = [self._common, own[pk].hexdigest(), history[brief].hexdigest(), links.get(brief)]
            parts += [bool(self._issues), issues.get(brief)]
            self._by_slug[slug] = hash_parts(parts)


def _read_links(
    now: dt.datetime, keywords: Mapping[int, Sequence[int]], sources: Mapping[int, Sequence[int]]
) -> dict[int, list[Any]]:
    """Return, by brief, slugs and headlines of the older, newer and related briefs that its page links to."""
    listed = Edition.objects.listed(now).order_by("published_at", "pk")
    rows = list(listed.values_list("pk", "brief_id", "slug", *select_headlines()).iterator(_CHUNK))
    lines = {brief: line for _, brief, *line in rows}
    related, links_by_brief = RelatedBriefs(), {}
    for n, (pk, brief, *_) in enumerate(rows):
        beside = [rows[other][1] if 0 <= other < len(rows) else 0 for other in (n - 1, n + 1)]
        nearest = related.find(brief, keywords.get(pk, ()), next(iter(sources.get(pk, ())), None))
        links_by_brief[brief] = [lines.get(other) for other in [*beside, *nearest][:MAX_NEIGHBOURS]]
    return links_by_brief


def _read_rows(table: type[Model], *first: str, **conditions: Any) -> Iterator[tuple[Any, ...]]:
    """Yield all rows in a fixed order: the columns `first` (by default the id), then the columns that pages may show."""
    columns = [
        field.attname
        for field in table._meta.concrete_fields
        if field.name not in _NOT_SHOWN and (table not in (Edition, IssueEdition) or not field.is_relation)
    ]
    rows = table._default_manager.filter(**conditions).order_by("pk")
    yield from rows.values_list(*(first or ("pk",)), *columns).iterator(_CHUNK)


# Page with links to both languages; replaces language negotiation in the static export.


def render_language_chooser() -> HttpResponse:
    sides = [
        {"lang": LANGUAGE_TAGS[side], "home": paths.home(side), "name": paths.NATIVE_LANGUAGE_NAMES[side]}
        for side in SIDES
    ]
    with translation.override(paths.LANGUAGE_CODES["zh"]):
        return responses.render("briefs/language_chooser.html", "zh", "", sides=sides)


# Find all public addresses and fetch their pages, for the static export.

_LINK_PATTERN = re.compile(r'(?:href|src|action|content|srcset)="([^"]*)"|<(?:loc|icon)>([^<]*)<')
_STATIC_LINK_PATTERN = re.compile(r"""(?:url\(|\bfrom\s*|\bimport\s*\(?)\s*["']?([./\w-]+)""")


class EnumerableRoute(NamedTuple):
    name: str
    variables: dict[str, Any]


def list_start_addresses(now: dt.datetime) -> Iterator[str]:
    """Yield the addresses from which all others can be reached."""
    ways = list(_enumerable_routes(get_resolver()))
    has_issues = published.has_issues(now)
    for way in ways:
        if "slug" not in way.variables and (has_issues or not way.name.startswith("public:issues")):
            yield from _route_addresses(way)
    for number in IssueEdition.objects.found(now).values_list("issue_number", flat=True):
        yield from (paths.issue(side, number) for side in SIDES)
    of_briefs = [
        way for way in ways if "slug" in way.variables and "/briefs/" in next(_route_addresses(way, "x"))
    ]
    slugs = Edition.objects.found(now).order_by("pk").values_list("slug", flat=True)
    for slug, way in itertools.product(slugs.iterator(chunk_size=2000), of_briefs):
        yield from _route_addresses(way, slug=slug)


def fetch_response(address: str, **headers: str) -> HttpResponse:
    """Return the view's response for an address, without middleware.

    Middleware handles connections, which files do not have.
    """
    request = build_request(address)
    request.META = headers
    match = resolve(request.path)
    # the primary, from which the keys of pages are read too
    with replica.primary_only(), page_cache.switched_off():
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


def build_request(address: str) -> HttpRequest:
    parts, request = urlsplit(address), HttpRequest()
    request.method, request.path, request.path_info = "GET", parts.path, parts.path
    request.GET = QueryDict(parts.query)
    return request


@lru_cache(maxsize=100_000)  # the same few links are on every page
def is_exported(address: str) -> bool:
    """Return whether the address is a static file or an exported page."""
    path = urlsplit(address).path
    if path.startswith(settings.STATIC_URL):
        return True
    try:
        return bool(getattr(resolve(path).func, "exported", False))
    except Resolver404:
        return False


@lru_cache(maxsize=100_000)
def find_slug(address: str) -> str:
    """Return the slug of the brief whose page or file this is; empty for other addresses."""
    match = resolve(urlsplit(address).path)
    return str(match.kwargs["slug"]) if "/briefs/<slug:slug>" in match.route else ""


def find_links(body: str) -> Iterator[str]:
    """Yield this site's addresses in a page or sitemap, unescaped and without fragments."""
    for match in _LINK_PATTERN.finditer(body):
        for part in (match[1] or match[2] or "").split(", "):
            if own := site_address(html.unescape(part.split(" ")[0])):
                yield own


def site_address(link: str) -> str:
    own = link.removeprefix(settings.SITE_URL).partition("#")[0]
    return own if own.startswith("/") and not own.startswith("//") else ""


def find_static_links(body: str) -> Iterator[str]:
    """Yield the relative links to files in a style sheet or a module."""
    yield from (match[1] for match in _STATIC_LINK_PATTERN.finditer(body))


def _enumerable_routes(
    resolver: URLResolver, namespace_prefix: str = "", converters: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[EnumerableRoute]:
    """Yield the exported routes whose variables are all a brief's slug or have a converter with `values`."""
    for entry in resolver.url_patterns:
        variables = {**converters, **entry.pattern.converters}
        if isinstance(entry, URLResolver):
            prefix = f"{namespace_prefix}{entry.namespace}:" if entry.namespace else namespace_prefix
            yield from _enumerable_routes(entry, prefix, variables)
        elif entry.name and getattr(entry.callback, "exported", False):
            values = {
                variable: () if variable == "slug" else getattr(converter, "values", None)
                for variable, converter in variables.items()
            }
            if None not in values.values():
                yield EnumerableRoute(f"{namespace_prefix}{entry.name}", values)


def _route_addresses(route: EnumerableRoute, slug: str = "") -> Iterator[str]:
    names = [name for name in route.variables if name != "slug"]
    for values in itertools.product(*(route.variables[name] for name in names)):
        arguments = dict(zip(names, values, strict=True))
        yield reverse(route.name, kwargs=arguments | ({"slug": slug} if slug else {}))


# Export the public site as files for a static host. Write changed files and delete stale ones.

MANIFEST_NAME = ".digest-export.json"
LOCK_NAME = ".digest-export.lock"
_SITE = ""
"""Path under which the manifest has the key of the whole site, if the run was completed."""
FILES_PER_SAVE = 5_000
_LIST_LINK = re.compile(r'<a rel="(prev|next)" href="([^"]*)"')
_YEAR_MARK = re.compile(r'<p class="year-mark" id="y(\d+)"')
_ANCHOR_ELEMENT = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)("[^>]*>)(.*?</a>)', re.DOTALL)
_FORM_ELEMENT = re.compile(r'<form\b[^>]*?\baction="([^"]*)".*?</form>', re.DOTALL)
_SEARCH_FIELD = re.compile(r'<form\b[^>]*\brole="search".*?</form>', re.DOTALL)
_ABOUT_SEARCH = re.compile(r'<span class="about-search">.*?</span>', re.DOTALL)
_LANGUAGE = re.compile(r'<html lang="(en)?')
_EMPTY_ELEMENT = re.compile(r"<(li|p|nav|ul)\b[^>]*>\s*</\1>\n?")
_TYPES_WITH_LINKS = ("text/html", "application/xml", "application/atom+xml")
_TYPES_WITH_ETAG = ("image/png", epub.CONTENT_TYPE, pdf.CONTENT_TYPE)
"""Files whose ETag is known without making them."""


class NotAnExportFolder(Exception):
    """The folder is not empty and has no manifest of an earlier export."""


class ExportRunning(Exception):
    """Another run writes to the folder."""


class ExportCounts(NamedTuple):
    files: int
    written: int
    removed: int


@dataclass
class StaticExport:
    """One run.

    `find_static_file` maps a static file's name to its path; `report_progress` receives the file count.
    """

    folder: Path
    now: dt.datetime
    find_static_file: Callable[[str], Path | None]
    report_progress: Callable[[int], None]
    files: dict[str, str] = field(default_factory=dict)
    """Key or ETag by path; empty if the file has none to reuse in the next run."""
    previous_files: dict[str, str] = field(default_factory=dict)
    written: int = 0
    replaced_addresses: dict[str, str] = field(default_factory=dict)
    """Exported address by the address that pages link to."""

    def run(self) -> ExportCounts:
        """Raise NotAnExportFolder or ExportRunning."""
        _read_manifest(self.folder)  # refuse a wrong folder before anything is written to it
        self.folder.mkdir(parents=True, exist_ok=True)
        with _only_run(self.folder), _readable_by_all():
            self.previous_files = _read_manifest(self.folder)
            site = self.previous_files.pop(_SITE, "")
            self.keys = ExportKeys(self.now)
            if site == self.keys.site and all((self.folder / path).is_file() for path in self.previous_files):
                return ExportCounts(len(self.previous_files), 0, 0)
            self._save_manifest()
            self._export_all()
            removed = self._remove_stale_files()
            self._save_manifest(complete=True)
        return ExportCounts(len(self.files), self.written, removed)

    def _export_all(self) -> None:
        for name, page in (
            ("404.html", responses.not_found(build_request("/404"))),
            ("index.html", render_language_chooser()),
        ):
            self._write_file(name, self._rewrite_links(page.content.decode(), SIDES).encode())
        waiting: list[str] = []
        seen: set[str] = set()
        for start in list_start_addresses(self.now):
            waiting.append(start)
            while waiting:
                address = waiting.pop()
                if address in seen or not is_exported(address):
                    continue
                seen.add(address)
                waiting += [link for link in self._export(address) if link not in seen]

    def _export(self, address: str) -> list[str]:
        """Write the page or file at an address. Return the addresses it links to."""
        if address.startswith(settings.STATIC_URL):
            return self._export_static(address)
        if "?" in address and not _address_in_export(address):
            return []  # later pages of a list are exported with its first
        path = _file_path(address)
        key, is_there = self._find_key(address), (self.folder / path).is_file()
        kept = self.previous_files.get(path, "") if is_there else ""
        if key and key == kept:
            self.files[path] = key
            is_page = path.endswith(".html")
            return list(find_links((self.folder / path).read_text("utf-8"))) if is_page else []
        try:
            response = fetch_response(address, **({} if key else {"HTTP_IF_NONE_MATCH": kept}))
        except Http404:
            return []
        if response.status_code == 304:
            self.files[path] = kept
            return []
        if response.status_code != 200:
            return []
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        body, links = response.content, []
        if kind in _TYPES_WITH_LINKS:
            text = body.decode()
            if kind == "text/html":
                links += self._export_list(address, text)
                links += filter(_address_in_export, find_links(text))  # before they are rewritten
                text = self._rewrite_links(text)
                body = text.encode()
            links += find_links(text)
        self._write_file(path, body, response.headers["ETag"] if kind in _TYPES_WITH_ETAG else key)
        return links

    def _find_key(self, address: str) -> str:
        """Return the key of a brief's page or file; empty for other addresses, and for cards, which have an ETag."""
        return "" if address.endswith("/card.png") else self.keys.find_key(find_slug(address))

    def _export_list(self, address: str, first_page: str) -> list[str]:
        """Write all blocks of a list but the newest, which is the list's first page.

        Return the links in them.
        """
        list_links = dict(_LIST_LINK.findall(first_page))
        if "next" not in list_links:
            return []
        blocks = list(_list_blocks(address))
        links: list[str] = []
        block_addresses = {block: f"{address}{_block_name(block)}/" for block, *_ in blocks[:-1]} | {
            blocks[-1][0]: address
        }
        for (before, *_), (_, older, *_) in pairwise(blocks):
            self.replaced_addresses[older] = block_addresses[before]
        self.replaced_addresses |= {newer: block_addresses[newer] for _, _, newer, _ in blocks if newer}
        self.replaced_addresses |= {  # a year begins in the newest block that has it, which is the last here
            f"{address}?before={build_year_key(int(year))}": f"{block_addresses[block]}#y{year}"
            for block, *_, page in blocks
            for year in _YEAR_MARK.findall(page)
        }
        if len(blocks) > 1:
            self.replaced_addresses[_unescape(list_links["next"])] = block_addresses[blocks[-2][0]]
        twin = _twin_address(address)
        self.replaced_addresses |= {
            twin + block.removeprefix(address): twin + block_addresses[block].removeprefix(address)
            for block, *_ in blocks[:-1]
        }
        for block, *_, page in blocks[:-1]:
            text = self._rewrite_links(page)
            self._write_file(_file_path(block_addresses[block]), text.encode())
            links += find_links(text)
        return links

    def _rewrite_links(self, text: str, sides: Sequence[Side] = ()) -> str:
        """Point all links to exported files. Remove links and forms that lead to none.

        `sides`: the languages of the page, if it has both.
        """
        language = _LANGUAGE.search(text)
        sides = sides or ("en" if language and language[1] else "zh",)
        text = _SEARCH_FIELD.sub(_render_search_notice(sides), text)
        text = _ABOUT_SEARCH.sub("", text)
        text = _FORM_ELEMENT.sub(lambda match: match[0] if self._resolve_link(match[1]) else "", text)
        text = _ANCHOR_ELEMENT.sub(self._rewrite_anchor, text)
        return _EMPTY_ELEMENT.sub("", _EMPTY_ELEMENT.sub("", text))

    def _rewrite_anchor(self, match: re.Match[str]) -> str:
        address = self._resolve_link(match[2])
        return f"{match[1]}{address}{match[3]}{match[4]}" if address else ""

    def _resolve_link(self, link: str) -> str:
        """Return the exported address of a link; empty if it is not exported."""
        own = site_address(_unescape(link))
        if not own:
            return link  # another site, or a fragment of this page
        if own in self.replaced_addresses:
            return self.replaced_addresses[own]
        if in_both := _address_in_export(own):
            return in_both
        return link if "?" not in own and (own == "/" or is_exported(own)) else ""

    def _export_static(self, address: str) -> list[str]:
        name = unquote(urlsplit(address).path.removeprefix(settings.STATIC_URL))
        source = self.find_static_file(name)
        if source is None:
            return []
        data = source.read_bytes()
        self._write_file(_file_path(address), data)
        if source.suffix not in (".css", ".js"):
            return []
        folder = PurePosixPath(urlsplit(address).path).parent
        asked = find_static_links(data.decode())
        return [os.path.normpath(folder / link) for link in asked if link.startswith(("./", "../"))]

    def _write_file(self, path: str, data: bytes, key: str = "") -> None:
        """Write the file atomically, if its content has changed."""
        file = self.folder / path
        if not (file.is_file() and file.read_bytes() == data):
            file.parent.mkdir(parents=True, exist_ok=True)
            made = file.with_name(f".{file.name}.new")
            made.write_bytes(data)
            made.replace(file)
            self.written += 1
        self.files[path] = key
        if len(self.files) % FILES_PER_SAVE == 0:
            self._save_manifest()
            self.report_progress(len(self.files))

    def _remove_stale_files(self) -> int:
        gone = [self.folder / path for path in self.previous_files.keys() - self.files.keys()]
        for file in gone:
            file.unlink(missing_ok=True)
            for folder in file.parents:
                if folder == self.folder or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
        return len(gone)

    def _save_manifest(self, *, complete: bool = False) -> None:
        """Write the manifest of this run's files, so that an interrupted run's files are recognised later.

        The previous run's files stay listed until this run has as many files.
        """
        made = self.folder / f"{MANIFEST_NAME}.new"
        known = self.previous_files | self.files if len(self.files) < len(self.previous_files) else self.files
        if complete:
            known = self.files | {_SITE: self.keys.site}
        made.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8")
        made.replace(self.folder / MANIFEST_NAME)


def _render_search_notice(sides: Sequence[Side]) -> str:
    """Return what stands in place of the search field, which needs a server: where to search instead."""
    site = f"site:{urlsplit(settings.SITE_URL).hostname}"
    notices = []
    for side in sides:
        with translation.override(paths.LANGUAGE_CODES[side]):
            notice = gettext(
                "This copy of the site has no search. In a search engine, add %(site)s to your words."
            )
        notices.append(f'<span lang="{LANGUAGE_TAGS[side]}">{escape(notice % {"site": site})}</span>')
    return f'<p class="find ui">{" ".join(notices)}</p>'


def _read_manifest(folder: Path) -> dict[str, str]:
    """Return the keys and ETags of the previous export by path. Raise NotAnExportFolder."""
    if not folder.exists():
        return {}
    if (file := folder / MANIFEST_NAME).is_file():
        known: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return known
    if not folder.is_dir() or any(file.name != LOCK_NAME for file in folder.iterdir()):
        raise NotAnExportFolder(str(folder))
    return {}


@contextmanager
def _only_run(folder: Path) -> Iterator[None]:
    """Lock the folder, or raise ExportRunning. The system releases the lock of a run that was killed."""
    with (folder / LOCK_NAME).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ExportRunning(str(folder)) from error
        yield


@contextmanager
def _readable_by_all() -> Iterator[None]:
    """Let other users read new files, as a web server must, whatever the umask of the command."""
    umask = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(umask)


def _list_blocks(address: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield each block's address, its older and newer links, and its page, oldest block first."""
    block = f"{address}?after={OLDEST_KEY}"
    while block:
        page = fetch_response(block).content.decode()
        named = {rel: _unescape(link) for rel, link in _LIST_LINK.findall(page)}
        yield block, named.get("next", ""), named.get("prev", ""), page
        block = named.get("prev", "")


def _twin_address(address: str) -> str:
    """Return the address of the same list in the other language, which has the same blocks."""
    side = language_from_path(address) or "en"
    return paths.home(paths.OTHER_SIDE[side]) + address.removeprefix(paths.home(side))


def _block_name(address: str) -> str:
    return urlsplit(address).query.replace("=", "-")


def _file_path(address: str) -> str:
    path = unquote(urlsplit(_address_in_export(address) or address).path).lstrip("/")
    if ".." in PurePosixPath(path).parts:
        raise ValueError(address)
    return f"{path}index.html" if not path or path.endswith("/") else path


def _address_in_export(address: str) -> str:
    """Return the address of an issue's file in both languages as exported; empty for any other address."""
    path, _, query = address.partition("?")
    stem, _, extension = path.rpartition(".")
    is_file = query == issue_files.BOTH and extension in issue_files.IssueFileConverter.values
    return f"{stem}-both.{extension}" if is_file and is_exported(path) else ""


def _unescape(link: str) -> str:
    return link.replace("&amp;", "&")
