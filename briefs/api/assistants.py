"""MCP for assistants (`/mcp`): read-only tools over the queries of the API, with texts as pairs.

django-mcpz implements the protocol and answers each POST without a session. Browsers on other sites are refused by
`Origin`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from typing import Annotated, Any, Final, Literal

import msgspec
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django_mcpz.server import MCPServer, ToolError, public
from msgspec import UNSET, Meta, Struct, UnsetType

from briefs.derived.brief_shape import (
    Brief,
    FoundBrief,
    Moment,
    Name,
    Relabelled,
    ShapeRow,
    Texts,
    build_brief,
    build_shapes,
)
from briefs.public import search_queries
from briefs.public.responses import NO_STORE, charge_time
from briefs.rendering.cards import build_citations
from briefs.search.highlighting import find_spans
from briefs.search.query import Phrase
from briefs.text.paths import SITE_PLACEHOLDER

from . import brief_queries
from .api_responses import Problem, require_rate
from .brief_queries import ChangePage, build_change_page, find_row

MAX_PAIRS_PER_BRIEF: Final = 3
"""Bullets of a brief in an answer to a search."""
MAX_HITS: Final = 10
MAX_CHANGES: Final = 20
MAX_IDS: Final = 50
"""Ids of briefs in a `relabelled` change."""
MAX_BYTES: Final = 10_000
"""Longest answer of a tool, as JSON in UTF-8. A longer one would fill the memory of an assistant."""
type Work = Literal["brief", "article"]
_WORKS: Final[tuple[Work, Work]] = ("brief", "article")


def _filter(name: str) -> Any:
    """Return the type of a tool's argument: an API parameter that may be empty, because models fill in all arguments."""
    description, schema, _example = brief_queries.SEARCH_FILTERS[name]
    pattern = f"^$|{schema['pattern']}" if "pattern" in schema else None
    limits = Meta(pattern=pattern, max_length=schema.get("maxLength", 100), description=description)
    return Annotated[str, limits] | UnsetType


_Slug = Annotated[
    str, Meta(pattern="^[-a-zA-Z0-9_]{1,100}$", description="Slug of a brief, from its address.")
]
_Part = Annotated[
    str,
    Meta(
        pattern="^(headline|summary|b[1-9][0-9]{0,5})$",
        description="`headline`, `summary`, or a bullet: `b4`.",
    ),
]

SearchInput = msgspec.defstruct(
    "SearchInput",
    [
        *((name, _filter(name), UNSET) for name in brief_queries.SEARCH_FILTERS),
        ("limit", Annotated[int, Meta(ge=1, le=MAX_HITS)], MAX_HITS),
    ],
)


class BriefInput(Struct):
    slug: _Slug
    start: Annotated[
        int, Meta(ge=0, description="How many bullets to skip: `next` of the answer before.")
    ] = 0
    limit: Annotated[int, Meta(ge=0, le=100, description="Greatest number of bullets.")] = 100


class PairInput(Struct):
    slug: _Slug
    part: _Part


class CiteInput(Struct):
    slug: _Slug
    part: _Part | UnsetType = UNSET


class ChangesInput(Struct):
    since: (
        Annotated[str, Meta(max_length=80, description=brief_queries.CHANGE_PARAMETERS["since"].description)]
        | UnsetType
    ) = UNSET
    limit: Annotated[int, Meta(ge=1, le=MAX_CHANGES)] = MAX_CHANGES


class PairUrls(Struct):
    """Addresses of the pair on the pages of its brief."""

    zh: str
    en: str
    parallel: str


class Pair(Struct):
    """The same text in Traditional Chinese and in English. `part` is `headline`, `summary` or `b4`."""

    part: str
    zh: str
    en: str
    urls: PairUrls


class BriefPairs(Struct):
    """Pairs of one edition of a brief. `updated` is when the edition became public."""

    slug: str
    edition: int
    published: Moment
    updated: Moment
    source: Name | None
    pairs: list[Pair]
    licence: str


class ClosestPairs(Struct):
    """A brief that holds a search in other words (`all`), mostly (`closest`) or in part. `holds`, `lacks`: words of it."""

    brief: BriefPairs
    grade: Literal["all", "closest", "part"]
    holds: list[str]
    lacks: list[str]


class SearchAnswer(Struct):
    """Briefs, the best first, as many as fit. `count` is how many match; narrow the search to see others.

    If none matches, `closest` has those that hold most of the search. Say that they are no matches.
    """

    briefs: list[BriefPairs]
    count: int
    closest: list[ClosestPairs]


class BriefAnswer(Struct):
    """A bullet's address is that of its brief with `#b` and its number.

    `next`: `start` of the call that reads on, null if there are no more bullets.
    """

    brief: FoundBrief
    next: int | None


class BriefLine(Struct):
    """A brief in a list. Read it with the tool `brief`."""

    slug: str
    status: str
    headline: Texts
    url: str


class ChangeLine(Struct):
    """A change. `brief` is null if readers no longer find it. `relabelled`: ids of briefs with a renamed or merged name."""

    kind: str
    at: Moment
    id: int | None
    brief: BriefLine | None
    relabelled: list[int]


class ChangeLines(Struct):
    """Changes, oldest first. `cursor` is the next `since`. `more`: read on now."""

    changes: list[ChangeLine]
    cursor: str
    more: bool


class Citation(Struct):
    work: Work
    style: str
    language: str
    text: str


class Citations(Struct):
    """Citations of the brief and of the article that it digests, and the pair that is quoted."""

    quoted: BriefPairs
    citations: list[Citation]


SERVER = MCPServer(
    name="digest",
    title=" · ".join(settings.DIGEST_SITE_NAME.values()),
    version=settings.VERSION,
    website_url=settings.SITE_URL,
    instructions=(
        "Published briefs of articles by think tanks, each in Traditional Chinese and in English. Texts come as pairs:"
        " the same text in both languages, with address, edition and date. When you quote one, give its address."
    ),
    auth=public,
)


def answer(request: HttpRequest) -> HttpResponse:
    """Answer one MCP message, within the rate limit of the API."""
    try:
        require_rate(request, "api")
    except Problem as problem:
        return problem.build_response()
    request.user = AnonymousUser()  # django-mcpz asks for the user, and there is no session
    with translation.override("en"):
        response = SERVER(request)
    response.headers["Cache-Control"] = NO_STORE
    return response


def _tool(description: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(request: HttpRequest, values: Any) -> Any:
            try:
                answer = function(request, values)
                if measure(answer) > MAX_BYTES:
                    raise ToolError(
                        "The answer is too long. Narrow it down, or read the page at the address of the brief."
                    )
                return answer
            except Problem as problem:
                raise ToolError(problem.details.detail) from problem
            except Http404:
                raise ToolError("There is nothing public under this slug.") from None

        tool: Callable[..., Any] = SERVER.tool(
            description=description, read_only=True, open_world=False, **options
        )(run)
        return tool

    return register


def measure(answer: Any) -> int:
    return len(msgspec.json.encode(answer))


@_tool(
    "Search published briefs in both languages at once. Returns for each brief its headline and the bullets that match.",
    input_schema=SearchInput,
    output_schema=SearchAnswer,
)
def search(request: HttpRequest, values: Any) -> SearchAnswer:
    asked = brief_queries.read_search(
        {name: value for name, value in msgspec.structs.asdict(values).items() if value and name != "limit"}
    )
    if asked.is_empty:
        raise ToolError("Give words to search for (q), or a filter.")
    require_rate(request, "search")
    now = timezone.now()
    with charge_time(request):
        results = search_queries.run_search(replace(asked, newest_first=not asked.query_text), now)
    rows = brief_queries.fetch_by_slug(now, [hit.brief.slug for hit in results.hits[: values.limit]])
    phrases = results.query.highlighted_phrases
    matches = [
        _build_pairs(brief, _find_best_pairs(brief, phrases))
        for brief in build_shapes(rows)
        if isinstance(brief, Brief)
    ]
    if not (graded := results.graded):
        return _fit(lambda size: SearchAnswer(matches[:size], results.count, []), len(matches))
    held = {hit.brief.slug: hit.graded for hit in results.hits if hit.graded}
    closest = [
        ClosestPairs(brief, graded.grade, list(held[brief.slug].holds), list(held[brief.slug].lacks))
        for brief in matches
    ]
    return _fit(lambda size: SearchAnswer([], 0, closest[:size]), len(closest))


def _fit[A](build: Callable[[int], A], size: int) -> A:
    """Return the answer with as many of `size` items as fit into `MAX_BYTES`, but at least one."""
    return next(answer for n in range(size, -1, -1) if measure(answer := build(n)) <= MAX_BYTES or n <= 1)


def _find_best_pairs(brief: Brief, phrases: Sequence[Phrase]) -> list[Pair]:
    """Return the headline and the bullets with most of the phrases, in text order, or the summary if no bullet has any."""
    headline, summary, *bullets = _list_pairs(brief)
    has = [sum(map(bool, find_spans(f"{pair.zh}\n{pair.en}", phrases))) for pair in bullets]
    best = sorted(range(len(bullets)), key=lambda n: -has[n])[:MAX_PAIRS_PER_BRIEF]
    return [headline, *([bullets[n] for n in sorted(best) if has[n]] or [summary])]


def _list_pairs(brief: Brief) -> Iterator[Pair]:
    yield _build_pair(brief, "headline", brief.headline.zh, brief.headline.en)
    yield _build_pair(brief, "summary", brief.summary.zh, brief.summary.en)
    for bullet in brief.bullets:
        yield _build_pair(brief, f"b{bullet.number}", bullet.zh, bullet.en)


def _build_pair(brief: Brief, part: str, zh: str, en: str) -> Pair:
    mark = "" if part == "headline" else f"#{part}"
    urls = brief.urls
    return Pair(part, zh, en, PairUrls(f"{urls.zh}{mark}", f"{urls.en}{mark}", f"{urls.parallel}{mark}"))


def _build_pairs(brief: Brief, pairs: list[Pair]) -> BriefPairs:
    source = brief.article.source  # type: ignore[attr-defined]
    return BriefPairs(brief.slug, brief.edition, brief.published, brief.updated, source, pairs, brief.licence)


@_tool(
    "Read a brief in both languages, with the facts of its article. A withdrawn brief is its notice. If `next` is not null,"
    " call again with `start` to read its other bullets.",
    input_schema=BriefInput,
    output_schema=BriefAnswer,
)
def brief(request: HttpRequest, values: BriefInput) -> BriefAnswer:
    (brief,) = build_shapes([find_row(values.slug)])
    if not isinstance(brief, Brief):
        return BriefAnswer(brief, None)
    end = min(len(brief.bullets), values.start + values.limit)

    def build(size: int) -> BriefAnswer:
        bullets = brief.bullets[values.start : values.start + size]
        stop = values.start + len(bullets)
        part = msgspec.structs.replace(brief, bullets=bullets)
        return BriefAnswer(part, stop if stop < len(brief.bullets) else None)

    return _fit(build, max(0, end - values.start))


@_tool("Read one text of a brief in both languages.", input_schema=PairInput, output_schema=BriefPairs)
def pair(request: HttpRequest, values: PairInput) -> BriefPairs:
    return _find_pair(find_row(values.slug), values.part)


def _find_pair(row: ShapeRow, part: str) -> BriefPairs:
    (brief,) = build_shapes([row])
    if not isinstance(brief, Brief):
        raise ToolError("This brief was withdrawn. Do not quote it. Read the notice with the tool `brief`.")
    pairs = [pair for pair in _list_pairs(brief) if pair.part == part]
    if not pairs:
        raise ToolError(f"The brief has no {part}.")
    return _build_pairs(brief, pairs)


@_tool(
    "Cite a brief and the article that it digests, in the styles Chicago and APA (English) and that of Taiwan's policy"
    " journals (Chinese). With `part`, also the pair to quote.",
    input_schema=CiteInput,
    output_schema=Citations,
)
def cite(request: HttpRequest, values: CiteInput) -> Citations:
    row = find_row(values.slug)
    quoted = _find_pair(row, values.part or "headline")
    return Citations(
        quoted,
        [
            Citation(
                work,
                line.name,
                line.lang,
                "".join(run.text for run in line.sentence).replace(SITE_PLACEHOLDER, settings.SITE_URL),
            )
            for work, part in zip(_WORKS, build_citations(build_brief(row), "en"), strict=True)
            for line in part.lines
        ],
    )


@_tool(
    "List what was published, corrected, withdrawn, removed, reinstated or relabelled since a time, oldest first, each with"
    " the headline of the brief as it is now. Send `cursor` as `since` to read on.",
    input_schema=ChangesInput,
    output_schema=ChangeLines,
)
def changes(request: HttpRequest, values: ChangesInput) -> ChangeLines:
    since = {"since": values.since} if values.since else {}
    limit = values.limit
    while measure(answer := _list_changes(build_change_page({**since, "limit": str(limit)}))) > MAX_BYTES:
        if limit == 1:
            break
        limit //= 2
    return answer


def _list_changes(page: ChangePage) -> ChangeLines:
    lines = [
        ChangeLine("relabelled", change.at, None, None, change.briefs[:MAX_IDS])
        if isinstance(change, Relabelled)
        else ChangeLine(
            msgspec.to_builtins(change)["kind"], change.at, change.id, _build_line(change.brief), []
        )
        for change in page.changes
    ]
    return ChangeLines(lines, page.cursor, page.more)


def _build_line(brief: FoundBrief | None) -> BriefLine | None:
    if brief is None:
        return None
    status = "public" if isinstance(brief, Brief) else "withdrawn"
    return BriefLine(brief.slug, status, brief.headline, brief.urls.parallel)
