"""The whole public site as files, for any static host: written where they changed, gone where they are gone.

A page `/en/about/` is `en/about/index.html`. What a host of files cannot do is left out: choosing a language at the
front door (a page with both takes its place), search, forms; links to it go with it. Lists are cut into blocks from
their oldest brief on, so that a new brief changes the newest block and no other.
"""

import datetime as dt
import json
import os
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest

from ...text import paths
from .. import errors
from ..language_chooser import page_for_both
from ..languages import of_path
from . import site_crawl

MANIFEST = ".digest-export.json"
SAVED_EVERY = 5_000
_OLDEST = "0-0"
_LIST_LINK = re.compile(r'<a rel="(prev|next)" href="([^"]*)"')
_LINKED = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)("[^>]*>)(.*?</a>)', re.DOTALL)
_FORM = re.compile(r'<form\b[^>]*?\baction="([^"]*)".*?</form>', re.DOTALL)
_EMPTY = re.compile(r"<(li|p|nav|ul)\b[^>]*>\s*</\1>\n?")
_PAGES = ("text/html",)
_READ_FOR_LINKS = ("text/html", "application/xml", "application/atom+xml")


class NotOurs(Exception):
    """The folder holds something else."""


class Counts(NamedTuple):
    files: int
    written: int
    removed: int


class Export:
    """One run. `static` finds a static file by its name; `tell` is called with the number of files so far."""

    def __init__(
        self,
        folder: Path,
        now: dt.datetime,
        *,
        static: Callable[[str], Path | None],
        tell: Callable[[int], None] = lambda done: None,
    ) -> None:
        self.folder, self.now, self.static, self.tell = folder, now, static, tell
        self.before = _manifest(folder)
        self.files: dict[str, str] = {}
        """By path the ETag, where that saves work next time."""
        self.written = 0
        self.elsewhere: dict[str, str] = {}
        """Addresses that a page names, and those of the files that stand for them."""

    def run(self) -> Counts:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._save()
        for name, page in (("404.html", errors.not_found(_request("/404"))), ("index.html", page_for_both())):
            self._keep(name, self._closed(page.content.decode()).encode())
        waiting: list[str] = []
        seen: set[str] = set()
        for start in site_crawl.starts(self.now):
            waiting.append(start)
            while waiting:
                address = waiting.pop()
                if address in seen or not site_crawl.is_exported(address):
                    continue
                seen.add(address)
                waiting += [link for link in self._export(address) if link not in seen]
        removed = self._remove_the_rest()
        self._save()
        return Counts(len(self.files), self.written, removed)

    def _export(self, address: str) -> list[str]:
        """Write what stands at an address; the addresses it leads to."""
        if address.startswith(settings.STATIC_URL):
            return self._export_static(address)
        if "?" in address:
            return []  # a list's later pages come with its first
        path = _file_of(address)
        kept = self.before.get(path, "")
        try:
            response = site_crawl.answer(address, **({"HTTP_IF_NONE_MATCH": kept} if kept else {}))
        except Http404:
            return []
        if response.status_code == 304 and (self.folder / path).exists():
            self.files[path] = kept
            return []
        if response.status_code != 200:
            return []
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        body, links = response.content, []
        if kind in _READ_FOR_LINKS:
            text = body.decode()
            if kind in _PAGES:
                links += self._export_list(address, text)
                text = self._closed(text)
                body = text.encode()
            links += site_crawl.links(text)
        self._keep(path, body, response.headers.get("ETag", "") if kind == "image/png" else "")
        return links

    def _export_list(self, address: str, first: str) -> list[str]:
        """The blocks of a list behind its first page, from the oldest on. The newest block is the first page."""
        named = dict(_LIST_LINK.findall(first))
        if "next" not in named:
            return []
        blocks = list(_blocks(address))
        links: list[str] = []
        home = {block: f"{address}{_named(block)}/" for block, *_ in blocks[:-1]} | {blocks[-1][0]: address}
        for (before, *_), (_, older, *_) in pairwise(blocks):
            self.elsewhere[older] = home[before]
        self.elsewhere |= {newer: home[newer] for _, _, newer, _ in blocks if newer}
        if len(blocks) > 1:
            self.elsewhere[_unescaped(named["next"])] = home[blocks[-2][0]]
        twin = _twin(address)
        self.elsewhere |= {
            twin + block.removeprefix(address): twin + home[block].removeprefix(address)
            for block, *_ in blocks[:-1]
        }
        for block, *_, page in blocks[:-1]:
            text = self._closed(page)
            self._keep(_file_of(home[block]), text.encode())
            links += site_crawl.links(text)
        return links

    def _closed(self, text: str) -> str:
        """A page whose links all lead to files: others lead there too, or are left out."""
        text = _FORM.sub(lambda found: found[0] if self._place(found[1]) else "", text)
        text = _LINKED.sub(self._link, text)
        return _EMPTY.sub("", _EMPTY.sub("", text))

    def _link(self, found: re.Match[str]) -> str:
        place = self._place(found[2])
        return f"{found[1]}{place}{found[3]}{found[4]}" if place else ""

    def _place(self, link: str) -> str:
        """Empty for what is not there."""
        own = site_crawl.own_address(_unescaped(link))
        if not own:
            return link  # elsewhere, or on this very page
        if own in self.elsewhere:
            return self.elsewhere[own]
        return link if "?" not in own and (own == "/" or site_crawl.is_exported(own)) else ""

    def _export_static(self, address: str) -> list[str]:
        name = unquote(urlsplit(address).path.removeprefix(settings.STATIC_URL))
        source = self.static(name)
        if source is None:
            return []
        data = source.read_bytes()
        self._keep(_file_of(address), data)
        if source.suffix not in (".css", ".js"):
            return []
        folder = PurePosixPath(urlsplit(address).path).parent
        asked = site_crawl.links_in_static(data.decode())
        return [os.path.normpath(folder / link) for link in asked if link.startswith(("./", "../"))]

    def _keep(self, path: str, data: bytes, etag: str = "") -> None:
        """Whole or not at all, and only where it differs."""
        file = self.folder / path
        if not (file.is_file() and file.read_bytes() == data):
            file.parent.mkdir(parents=True, exist_ok=True)
            made = file.with_name(f".{file.name}.new")
            made.write_bytes(data)
            made.replace(file)
            self.written += 1
        self.files[path] = etag
        if len(self.files) % SAVED_EVERY == 0:
            self._save()
            self.tell(len(self.files))

    def _remove_the_rest(self) -> int:
        gone = [self.folder / path for path in self.before.keys() - self.files.keys()]
        for file in gone:
            file.unlink(missing_ok=True)
            for folder in file.parents:
                if folder == self.folder or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
        return len(gone)

    def _save(self) -> None:
        """What an interrupted run has written is still known to be ours."""
        made = self.folder / f"{MANIFEST}.new"
        known = self.before | self.files if len(self.files) < len(self.before) else self.files
        made.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8")
        made.replace(self.folder / MANIFEST)


def _manifest(folder: Path) -> dict[str, str]:
    """Raises NotOurs."""
    if not folder.exists():
        return {}
    if (file := folder / MANIFEST).is_file():
        known: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return known
    if not folder.is_dir() or any(folder.iterdir()):
        raise NotOurs(str(folder))
    return {}


def _blocks(address: str) -> Iterator[tuple[str, str, str, str]]:
    """Each with the addresses it names as older and as newer, and its page."""
    block = f"{address}?after={_OLDEST}"
    while block:
        page = site_crawl.answer(block).content.decode()
        named = {rel: _unescaped(link) for rel, link in _LIST_LINK.findall(page)}
        yield block, named.get("next", ""), named.get("prev", ""), page
        block = named.get("prev", "")


def _twin(address: str) -> str:
    """The same list in the other language: it has the same briefs, and so the same blocks."""
    side = of_path(address) or "en"
    return paths.home(paths.OTHER[side]) + address.removeprefix(paths.home(side))


def _named(address: str) -> str:
    return urlsplit(address).query.replace("=", "-")


def _file_of(address: str) -> str:
    path = unquote(urlsplit(address).path).lstrip("/")
    if ".." in PurePosixPath(path).parts:
        raise ValueError(address)
    return f"{path}index.html" if not path or path.endswith("/") else path


def _unescaped(link: str) -> str:
    return link.replace("&amp;", "&")


def _request(path: str) -> HttpRequest:
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    return request
