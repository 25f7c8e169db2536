"""Crawl the public site as a signed-out reader: fetch every public address, follow every link, check every response."""

import datetime as dt
import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from urllib.parse import urldefrag, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import Resolver404

from briefs.derived.search import store
from briefs.public import search_queries
from briefs.publications import epub

from . import route_registry
from .state_model import Phase, SampleBrief, World, find_tokens, find_years, list_positions

METHODS = ("HEAD", "OPTIONS")
UNKNOWN_SLUGS = ("no-such-brief", "canary-0000000000-headline", "brief-3", "1")

_FORM_STAMP = re.compile(rb'name="authenticity_token" value="[^"]*"')
_LINK = re.compile(r'(?:href|src|action)="([^"]*)"|<(?:loc|id|uri)>([^<]*)<')


@dataclass(frozen=True)
class PublicResponse:
    address: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    route: str
    cookies: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """The body as text; of an EPUB the texts of its files. HEAD has no body."""
        if not self.body or self.headers.get("Content-Type") != epub.CONTENT_TYPE:
            return self.body.decode("utf-8", "replace")
        with zipfile.ZipFile(io.BytesIO(self.body)) as archive:
            return "\n".join(archive.read(name).decode(errors="replace") for name in archive.namelist())

    @property
    def tokens(self) -> frozenset[str]:
        """Tokens in headers and body."""
        return find_tokens(self._header_lines) | find_tokens(self.text)

    @property
    def _header_lines(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.headers.items())

    @property
    def comparable(self) -> tuple[int, dict[str, str], bytes]:
        """Parts that must be equal for two responses to be indistinguishable. The stamp of a form always differs, so it is removed."""
        return self.status, dict(self.headers), _FORM_STAMP.sub(b"", self.body)


@cache
def _browser() -> Client:
    """One client for all requests: each new client would read the static files again."""
    return Client(enforce_csrf_checks=True)


def fetch(address: str, method: str = "GET", **headers: str) -> PublicResponse:
    """Send one request without cookies."""
    client = _browser()
    client.cookies.clear()
    response = client.generic(
        method, address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    try:
        route = response.resolver_match.route
    except Resolver404:
        route = ""
    response_headers = {name: value for name, value in response.items() if name != "Date"}
    return PublicResponse(
        address, response.status_code, response_headers, body, route, tuple(response.cookies)
    )


def forget_prepared_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the compiled SQL of prepared queries until the test ends."""
    monkeypatch.setattr(store, "_compile_listed", store._compile_listed.__wrapped__)
    monkeypatch.setattr(search_queries._hit_rows, "_compiled", {})


def links(answer: PublicResponse) -> Iterator[str]:
    """Yield the addresses of our site that a response links to."""
    addresses = [html.unescape(attribute or element) for attribute, element in _LINK.findall(answer.text)]
    for link in (*addresses, answer.headers.get("Location", "")):
        address = urldefrag(link.removeprefix(settings.SITE_URL)).url
        if address.startswith("/") and not address.startswith("//"):
            yield address


def every_list_position() -> list[str]:
    """List the addresses of the list before and after every edition, hidden ones included."""
    return [
        f"/{code}/?{parameter}={position}" for position in list_positions() for code in ("zh-hant", "en") for parameter in ("before", "after")
    ]  # fmt: skip


def list_examples(slugs: Iterable[str]) -> list[str]:
    """List every example of every public route, for these briefs and for some that do not exist, and all positions of the list."""
    examples = (address for _, address in route_registry.public_addresses([*slugs, *UNKNOWN_SLUGS]))
    return list(dict.fromkeys([*examples, *every_list_position()]))


def crawl(slugs: Iterable[str]) -> dict[str, PublicResponse]:
    """Fetch all examples and every page that they link to.

    Links from one search to another are followed from the examples only, or every pair of filters would be tried.
    """
    examples = dict.fromkeys(list_examples(slugs))
    pending, answers = list(examples), dict[str, PublicResponse]()
    while pending:
        address = pending.pop()
        if address not in answers and not address.startswith("/admin/"):
            answers[address] = answer = fetch(address)
            is_linked_search = "/search/" in address and address not in examples
            pending += [link for link in links(answer) if not (is_linked_search and "/search/" in link)]
    return answers


# Checks of a response


def problems(answers: Iterable[PublicResponse], world: World, now: dt.datetime) -> list[str]:
    return [f"{answer.address}: {problem}" for answer in answers for problem in _problems(answer, world, now)]


def _problems(answer: PublicResponse, world: World, now: dt.datetime) -> Iterator[str]:
    is_echo = answer.status in (301, 302) or "/search/" in answer.address  # the response repeats the request
    given = answer.address if is_echo else ""
    for leak in world.find_leaks(answer.tokens, now, given=given):
        yield f"leaks {leak}"
    hidden = find_years(answer.text) - ({"2093"} if now.year >= 2093 else set())
    if hidden and not answer.address.startswith("/static/"):
        yield f"leaks a date of {hidden}"
    if answer.cookies or "Set-Cookie" in answer.headers:
        yield f"sets {answer.cookies}"
    if answer.status >= 500:
        yield f"answers {answer.status}"
    yield from frame_problems(answer)


def frame_problems(answer: PublicResponse, method: str = "GET") -> Iterator[str]:
    """Check that Cache-Control and Vary are exactly as the registry declares."""
    vary, cache = answer.headers.get("Vary", ""), answer.headers.get("Cache-Control", "")
    if urlsplit(answer.address).path.startswith(settings.STATIC_URL):
        if vary not in ("", "Accept-Encoding"):
            yield f"varies on {vary}"
        return
    public = route_registry.PUBLIC_ROUTES.get(answer.route)
    answered = public if public and answer.status < 400 and method != "OPTIONS" else None
    declared = answered.cache if answered else route_registry.NO_STORE
    if cache != declared:
        yield f"Cache-Control {cache!r}, declared {declared!r}"
    if vary != (answered.vary if answered else ""):
        yield f"varies on {vary!r}"


def state_problems(answers: Mapping[str, PublicResponse], world: World, now: dt.datetime) -> Iterator[str]:
    """Check that the pages of each brief have the status and text of its state, and that lists and search agree."""
    list_text = "\n".join(answer.text for answer in answers.values() if _is_list(answer))
    for item, phase in world.phases(now):
        yield from page_problems(answers, world, item, phase)
        if phase.listed != (item.slug in list_text):
            yield f"{item.name}: {'not ' if phase.listed else ''}listed"
    yield from picture_problems(answers, world, now)


def page_addresses(item: SampleBrief) -> list[str]:
    """List the addresses that `page_problems` reads."""
    pages = [f"/{code}/briefs/{item.slug}/{rest}" for code in ("zh-hant", "en") for rest in ("", "parallel/")]
    return [*pages, route_registry.exact_search_address(item.slug)]


def page_problems(
    answers: Mapping[str, PublicResponse], world: World, item: SampleBrief, phase: Phase
) -> Iterator[str]:
    """Check that pages and search show the state of one brief."""
    *brief_pages, search_page = (answers[address] for address in page_addresses(item))
    for brief_page in brief_pages:
        if brief_page.status != phase.status:
            yield f"{item.name}: {brief_page.address} answers {brief_page.status}, not {phase.status}"
    page_text = "\n".join(brief_page.text for brief_page in brief_pages).lower()
    missing = [token for token in phase.required if token not in page_text]
    if missing:
        yield f"{item.name}: shows no {[world.token_labels[token] for token in missing]}"
    has_words = (
        phase.listed and find_tokens(item.slug) <= phase.required
    )  # a slug keeps the words of the first edition
    is_found = f"/briefs/{item.slug}/" in search_page.text and "Nothing found" not in search_page.text
    if has_words != is_found:
        yield f"{item.name}: {'not ' if has_words else ''}found by the words of its slug"


def picture_addresses(world: World) -> list[str]:
    """List the addresses that `picture_problems` reads."""
    return [f"/media/pictures/{key}-320.{kind}" for key in world.picture_credits for kind in ("jpg", "webp")]


def picture_problems(answers: Mapping[str, PublicResponse], world: World, now: dt.datetime) -> Iterator[str]:
    """Check that the files of a picture exist exactly while a brief that shows it is listed."""
    required = frozenset().union(*(phase.required for _, phase in world.phases(now) if phase.listed))
    for address in picture_addresses(world):
        credit = world.picture_credits[address.removeprefix("/media/pictures/").partition("-")[0]]
        status = answers[address].status
        if status != (200 if credit in required else 404):
            yield f"picture of {world.token_labels[credit]}: {address} answers {status}"


def _is_list(answer: PublicResponse) -> bool:
    """Whether a page lists listed briefs only. The log, issues, feeds and the changes of the API also name withdrawn ones.

    So does the page of a name all of whose briefs were withdrawn, in a part that looks like the log.
    """
    others = (
        "/briefs/",
        "/issues/",
        "/api/v1/issues",
        "/search/",
        "/corrections/",
        "/feed.",
        "/api/v1/changes",
        "?q=",
    )
    is_other = any(part in answer.address for part in others) or answer.address.startswith("/static/")
    return not is_other and '<ol class="log">' not in answer.text
