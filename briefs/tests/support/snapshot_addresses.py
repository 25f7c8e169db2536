"""Build every address that `page_snapshot` visits from the URL resolver and the database."""

import itertools
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.apps import apps
from django.urls import Resolver404, URLResolver, get_resolver, resolve

from briefs.models import Brief, Issue, Picture, Revision

from .snapshot_world import BRIEF, VOCABULARY, World

SAMPLES_SHOWN = 25
VERBS = (
    "submit", "take_back", "sign_off_zh", "sign_off_en", "send_back", "approve", "publish_urgently", "confirm",
    "confirm_date", "cancel", "reschedule", "withdraw", "remove", "reinstate", "source_withdrew", "revise",
    "discard", "recover", "note", "resolve", "note_letter", "handle", "tick_facts", "turn_into_suggestion", "no_such_verb",
)  # fmt: skip
EXPRESSIONS = (
    "/admin/briefs/", "/admin/auth/", "/admin/nowhere/at/all/", "/zh/", "/EN/", "/zh-Hant-HK/feed.atom",
    "/zh-TW/briefs/no-such-brief/",
)  # fmt: skip
"""Addresses of routes that are regular expressions, whose parts cannot be filled in."""
SEARCHES = (
    "q=AI", "q=晶片", "q=晶片 -美國", "q=%22export controls%22", "q=semiconductr", "q=*", "q=-x", "q=zzzzzz",
    "q=security&year=2025", "q=美國&keyword=x&from=2025-13", "q=technology&before=0&start=-1", "year=2021",
)  # fmt: skip
QUERIES: dict[str, tuple[str, ...]] = {
    "*/search/": SEARCHES,
    "*/search/suggest/": ("q=se", "q=半", "q=zzzz"),
    "*/": ("before=1", "after=x"),
    "*/issues/": ("show=both", "before=x"),
    "*/issues/*/": ("show=both",),
    "api/v1/issues": ("limit=1", "cursor=x"),
    "*/briefs/*/report/": ("bullet=2", "sent=1"),
    "preview/*/*/": ("sent=1",),
    "admin/briefs/brief/": (
        "state=draft", "state=in_review", "q=晶片", "q=zzzz", "sort=due", "p=2", "mine=1", "nonsense=1",
    ),
    "admin/briefs/brief/names/": ("kind=author&q=Ann", "kind=source&q=foreign", "kind=keyword&q=科技&new=1"),
    "admin/briefs/brief/names/affiliations/": ("author=1",),
    "admin/briefs/brief/*/change/": ("findings=1",),
    "admin/briefs/brief/*/compare/": ("from=1&to=2", "from=1&to=99"),
    "admin/briefs/brief/*/preview/": ("view=zh", "view=en", "page=zh"),
    "admin/briefs/brief/*/review/": ("since=r1",),
    "admin/briefs/brief/*/timeline/": ("talk",),
    "admin/briefs/letter/": ("state=all",),
    "admin/briefs/search/": ("days=7",),
    "admin/autocomplete/": ("term=a&app_label=briefs&model_name=brief&field_name=source",),
    **{f"admin/briefs/{kind}/": ("q=a", "q=zzzz", "p=2", "e=1") for kind in VOCABULARY},
    **{f"admin/briefs/{kind}/merge/": ("ids=1,2", "ids=1,99999") for kind in VOCABULARY},
}  # fmt: skip


class Addresses:
    """Fill in routes. `missing` lists routes without an example."""

    def __init__(self, world: World) -> None:
        self.values = _values(world)
        self.routes = list(_leaves(get_resolver()))
        self.all = sorted({*self._filled(), *EXPRESSIONS})
        visited = {_route_of(address) for address in self.all}
        self.missing = [route for route in self.routes if route not in visited]

    def public(self) -> list[str]:
        return [address for address in self.all if not address.startswith("/admin/")]

    def desk(self) -> list[str]:
        return [address for address in self.all if address.startswith("/admin/")]

    def _filled(self) -> Iterator[str]:
        for route in self.routes:
            skeleton = re.sub(r"<[^>]+>", "*", route)
            if "(?" in skeleton:
                continue
            stars = [self.values.get(skeleton[: star.end()], []) for star in re.finditer(r"\*", skeleton)]
            for chosen in itertools.product(*stars):
                path = "/" + skeleton.replace("*", "{}").format(*chosen)
                yield path
                yield from (f"{path}?{query}" for query in QUERIES.get(skeleton, ()))


def _leaves(resolver: URLResolver, route: str = "") -> Iterator[str]:
    """Return every route as Django's `ResolverMatch.route` writes it."""
    for entry in resolver.url_patterns:
        own = str(entry.pattern)
        whole = route + own.removeprefix("^") if route else own
        if isinstance(entry, URLResolver):
            yield from _leaves(entry, whole)
        else:
            yield whole


def _route_of(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).route
    except Resolver404:
        return ""


def _last_part(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def _values(world: World) -> dict[str, Iterable[object]]:
    """Return examples for a wildcard, by the part of the route before it."""
    rows = Picture.objects.order_by("pk").values_list("pk", "width")
    pictures = [f"{key}-{width}.{end}" for key, width in rows for end in ("webp", "jpg")]
    found: dict[str, Iterable[object]] = {
        **_public_values(),
        "media/pictures/*": [*pictures, "no-such-picture"],
        "preview/*": [*world.tokens, "no-such-token"],
        "preview/*/*": ("zh-hant", "en"),
        "preview/*/picture/*": pictures[:1],
        "sitemap-*": (0, 1),
        "admin/r/*": (1,),
        "admin/r/*/*": (1,),
    }
    for model in apps.get_models():
        name = f"admin/{model._meta.app_label}/{model._meta.model_name}/*"
        pks = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
        found[name] = sorted({*pks[:2], *pks[-2:]})
    files = Revision.objects.exclude(document=None).order_by("pk").values_list("document", flat=True)
    base = BRIEF.removeprefix("/")
    return found | {
        f"{base}*": sorted(world.briefs.values()),
        f"{base}*/*": VERBS,
        f"{base}*/file/*": sorted({*files})[:2],
        f"{base}upload/*": [
            _last_part(world.uploads[name]) for name in ("new", "changed", "done", *VOCABULARY)
        ],
        f"{base}picture/*": pictures,
    }


def _public_values() -> dict[str, Iterable[object]]:
    slugs = Brief.objects.exclude(slug=None).order_by("pk").values_list("slug", flat=True)
    ends = ("ris", "bib", "json")
    found: dict[str, Iterable[object]] = {
        "*": ("zh-hant", "en"),
        "*/feed.*": ("atom", "json"),
        "*/search/feed.*": ("atom", "json"),
        "*/briefs/*": [*slugs[: SAMPLES_SHOWN + 9], "no-such-brief"],
        "*/briefs/*/*": [f"{what}.{end}" for what in ("cite", "original") for end in ends],
        "*/issues/*": [*Issue.objects.order_by("number").values_list("number", flat=True), 999],
        "*/issues/*/issue.*": ("epub",),
        "*/archive/*": (1887, 2020, 2025, 2026),
        "*/archive/*/*": ("1", "06", "07"),
    }
    for kind in VOCABULARY:
        rows = apps.get_model("briefs", kind)._default_manager.order_by("pk").values_list("slug", flat=True)
        found[f"*/{kind}s/*"] = [*rows, "no-such-row"]
        found[f"*/{kind}s/*/feed.*"] = ("atom", "json")
    return found
