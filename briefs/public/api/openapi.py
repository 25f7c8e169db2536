"""The description of the API: OpenAPI 3.1, and a page for people, both made from the declared shapes and parameters."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from email.utils import parseaddr
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from briefs.derived import brief_shape, shape_builder
from briefs.derived.brief_shape import FoundBrief
from briefs.derived.shape_builder import API_PATH
from briefs.public import rate_limits, responses

from . import brief_queries, issue_shape
from .api_responses import JSON, ProblemDetails
from .brief_queries import ChangePage, Parameter
from .views import BriefPage, Vocabulary

_PROBLEM_NAMES: Final = {
    400: "A parameter is wrong. The problem names it.",
    404: "Nothing public is at this address, or the cursor is of another list.",
    405: "Only GET, HEAD and OPTIONS are allowed.",
    410: "The brief was removed, at `removed`; or the cursor is of another state of the database: begin anew.",
    429: "Too many requests. `Retry-After` has the seconds to wait.",
    503: "The database cannot answer now. `Retry-After` has the seconds to wait.",
}


class Operation(NamedTuple):
    """One address of the API. `problems`: its errors besides those that every address has."""

    path: str
    summary: str
    description: str
    answer: Any
    parameters: Mapping[str, Parameter] = {}
    problems: tuple[int, ...] = ()


OPERATIONS: Final = (
    Operation(
        "briefs",
        "List or search briefs",
        "Newest first. Follow `next`, or the Link header, to the end. The filters are those of the search page.",
        BriefPage,
        brief_queries.LIST_PARAMETERS,
        (400, 404),
    ),
    Operation(
        "briefs/{slug}",
        "Get one brief",
        "A withdrawn brief answers with the notice in place of its text. A removed one is 410.",
        FoundBrief,
        problems=(400, 404, 410),
    ),
    Operation(
        "changes",
        "Follow changes",
        "What was published, corrected, withdrawn, removed or reinstated, oldest first, up to a minute ago. Send the"
        " `cursor` of the last page as `since`, and you miss nothing. Where a name was changed or merged, the change is"
        " `relabelled` and has the ids of its briefs: read them again by `ids`.",
        ChangePage,
        brief_queries.CHANGE_PARAMETERS,
        (400, 410),
    ),
    Operation(
        "manifest",
        "Audit a mirror",
        "Id, edition and hash of every brief that readers find now. What differs from your copy, and did not change in"
        " the last minute, read again by `ids` of `changes`.",
        brief_queries.Manifest,
        brief_queries.MANIFEST_PARAMETERS,
        (400,),
    ),
    Operation(
        "issues",
        "List issues",
        "Newest first, each with its briefs as they are now. A withdrawn issue is in no list.",
        issue_shape.IssuePage,
        issue_shape.PARAMETERS,
        (400, 404),
    ),
    Operation(
        "vocabulary",
        "List names",
        "The keywords, authors, sources and glossary terms of listed briefs.",
        Vocabulary,
        problems=(400,),
    ),
)  # fmt: skip


def serve_document(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_encode_document(), content_type=JSON)


@cache
def _encode_document() -> bytes:
    return json.dumps(build_document(), ensure_ascii=False, separators=(",", ":")).encode()


def build_document() -> dict[str, Any]:
    answers = [operation.answer for operation in OPERATIONS]
    schemas, components = msgspec.json.schema_components(
        [*answers, ProblemDetails], ref_template="#/components/schemas/{name}"
    )
    *answer_schemas, problem_schema = schemas
    components |= _build_partial_schemas(components)
    return {
        "openapi": "3.1.0",
        "info": _build_info(),
        "servers": [{"url": settings.SITE_URL}],
        "paths": {
            f"{API_PATH}{operation.path}": {"get": _build_operation(operation, schema, problem_schema)}
            for operation, schema in zip(OPERATIONS, answer_schemas, strict=True)
        },
        "components": {"schemas": components},
    }


def _build_partial_schemas(components: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of answers to requests with `fields`, in which briefs have only the chosen fields."""
    brief, page, changes = components["Brief"], components["BriefPage"], components["ChangePage"]
    published, kinds = components["Published"]["properties"], list(brief_shape.CHANGES)
    change = {
        **components["Published"],
        "title": "PartialChange",
        "description": "The latest change of an edition, with the fields of its brief that were asked for.",
        "properties": {
            **published,
            "kind": {"enum": kinds},
            "brief": {"anyOf": [{"$ref": "#/components/schemas/PartialBrief"}, {"type": "null"}]},
        },
    }
    items = {"anyOf": [change, {"$ref": "#/components/schemas/Relabelled"}]}
    parts = {"type": "array", "items": {"$ref": "#/components/schemas/PartialBrief"}}
    return {
        "PartialBrief": {
            **brief,
            "title": "PartialBrief",
            "description": "The fields that were asked for.",
            "required": [],
        },
        "PartialBriefPage": {
            **page,
            "title": "PartialBriefPage",
            "properties": {**page["properties"], "briefs": parts, "closest": parts},
        },
        "PartialChangePage": {
            **changes,
            "title": "PartialChangePage",
            "properties": {**changes["properties"], "changes": {"type": "array", "items": items}},
        },
    }


def _build_info() -> dict[str, Any]:
    info: dict[str, Any] = {
        "title": settings.DIGEST_SITE_NAME["en"],
        "version": "1",
        "description": "Published briefs in Traditional Chinese and English. No key is needed.",
        "contact": {"email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1]},
    }
    if settings.DIGEST_LICENCE:
        info["license"] = {"name": settings.DIGEST_LICENCE, "url": settings.DIGEST_LICENCE}
    return info


def _build_operation(operation: Operation, schema: Any, problem_schema: Any) -> dict[str, Any]:
    in_path = [
        {"name": "slug", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}, "example": _SLUG}
    ]  # fmt: skip
    if "fields" in operation.parameters:
        partial = f"#/components/schemas/Partial{operation.answer.__name__}"
        schema = {"anyOf": [schema, {"$ref": partial}]}
    example = build_examples()[operation.path]
    responses: dict[str, Any] = {
        "200": {"description": operation.summary, "content": {JSON: {"schema": schema, "example": example}}},
        "304": {"description": "Unchanged since the ETag that was sent."},
        "414": {"description": "The address is longer than the server takes. Not a problem+json."},
    }
    for status in sorted({*operation.problems, 405, 429, 503}):
        content = {"application/problem+json": {"schema": problem_schema}}
        responses[str(status)] = {"description": _PROBLEM_NAMES[status], "content": content}
    return {
        "summary": operation.summary,
        "description": operation.description,
        "operationId": operation.summary.lower().replace(" ", "-"),
        "parameters": (in_path if "{slug}" in operation.path else [])
        + [
            _build_parameter(name, parameter)
            for name, parameter in operation.parameters.items()
        ],
        "responses": responses,
    }  # fmt: skip


def _build_parameter(name: str, parameter: Parameter) -> dict[str, Any]:
    built = {"name": name, "in": "query", "description": parameter.description, "schema": parameter.schema}
    if parameter.schema["type"] != "array":
        return built | ({"example": parameter.example} if parameter.example else {})
    kind = int if parameter.schema["items"]["type"] == "integer" else str
    example = [kind(value) for value in parameter.example.split(",")]
    return built | {"style": "form", "explode": False, "example": example}


_SLUG: Final = "next-technology-race"


def build_examples() -> dict[str, Any]:
    """Return an example of the answer of each operation, by its path."""
    brief, moment = _build_example_brief(), "2026-11-24T04:00:00Z"
    name, cursor = {"slug": "technology", "zh": "科技", "en": "Technology"}, "5f3a9c1e-64ca0e1f2b3c4-1f-2"
    change = {"kind": "published", "id": 12, "edition": 1, "at": moment, "brief": brief}
    entry = {"id": 12, "edition": 1, "status": "public", "hash": brief["hash"]}
    none: list[Any] = []
    return {
        "briefs": {"briefs": [brief], "next": None, "closest": none},
        "briefs/{slug}": brief,
        "changes": {
            "changes": [change, {"kind": "relabelled", "at": moment, "briefs": [12, 15]}],
            "cursor": cursor,
            "more": False,
        },
        "manifest": {"briefs": [entry], "next": f"{settings.SITE_URL}{API_PATH}manifest?after=12"},
        "issues": {"issues": [msgspec.to_builtins(issue_shape.build_example(brief))], "next": None},
        "vocabulary": {"keywords": [{**name, "briefs": 1}], "authors": none, "sources": none, "terms": none},
    }


def _build_example_brief() -> dict[str, Any]:
    author = brief_shape.Author(
        "vivek-chilukuri", "Vivek Chilukuri", "Vivek Chilukuri", brief_shape.Texts("", "")
    )
    source = brief_shape.Name("foreign-policy", "外交政策", "Foreign Policy")
    moment = dt.datetime(2026, 11, 24, 4, tzinfo=dt.UTC)
    brief = brief_shape.Brief(
        id=12,
        slug=_SLUG,
        edition=1,
        published=moment,
        updated=moment,
        correction=None,
        headline=brief_shape.Texts(
            "美國如何贏得下一場科技競賽", "How the U.S. Can Win the Next Technology Race"
        ),
        summary=brief_shape.Texts("作者認為……", "The author argues …"),
        bullets=[
            brief_shape.Bullet(1, "出口管制須與盟國一致。", "Export controls must be aligned with allies.")
        ],
        key_point=None,
        article=brief_shape.Article(source=source, authors=[author], date="2025-06-09"),
        picture=None,
        keywords=[brief_shape.Name("technology", "科技", "Technology")],
        terms=[],
        urls=shape_builder.build_urls(_SLUG),
        licence=settings.DIGEST_LICENCE,
    )
    example: dict[str, Any] = msgspec.to_builtins(shape_builder.add_hash(brief))
    return example


def show_docs(request: HttpRequest) -> HttpResponse:
    """Show the description of the API as a page: in English, with a line in Chinese, at one address for both."""
    with translation.override("en"):
        return responses.render(
            "briefs/api_docs.html",
            "en",
            "",
            canonical=f"{settings.SITE_URL}/api/docs/",
            operations=[_describe(operation) for operation in OPERATIONS],
            api=f"{settings.SITE_URL}{API_PATH}",
            limit=rate_limits.API_LIMIT,
            licence=settings.DIGEST_LICENCE,
        )


def _describe(operation: Operation) -> Operation:
    """Return the operation with descriptions as HTML."""
    described = {
        name: parameter._replace(description=_mark_code(parameter.description))
        for name, parameter in operation.parameters.items()
    }
    return operation._replace(description=_mark_code(operation.description), parameters=described)


def _mark_code(description: str) -> SafeString:
    return mark_safe(re.sub("`(.+?)`", r"<code>\1</code>", escape(description)))  # noqa: S308 escaped
