"""The public values of a page that a draft may change: a vocabulary row, or a text of the public site."""

import copy
from collections.abc import Mapping
from typing import Any, Final

from briefs.content import SIDES, hash_json
from briefs.models import Author, Keyword, SiteText, Source, Term
from briefs.models.vocabulary import Vocabulary

from .leaves import LEAVES, LeafName

VOCABULARY_MODELS: Final[dict[str, type[Vocabulary]]] = {
    str(kind._meta.model_name): kind for kind in (Author, Source, Keyword, Term)
}
SITE_TEXT_PREFIX: Final = "sitetext/"

type PageRow = Vocabulary | SiteText
type PageValues = Mapping[str, Any]


def build_page_name(row: PageRow) -> str:
    """Return the name of the row's page in drafts, sign-offs and events."""
    return f"{row._meta.model_name}/{row.key if isinstance(row, SiteText) else row.slug}"


def find_row(page: str, *, lock: bool = False) -> PageRow | None:
    """Return the stored row of a page, or None for a new one."""
    name, _slash, key = page.partition("/")
    is_text = page.startswith(SITE_TEXT_PREFIX)
    rows = (SiteText if is_text else VOCABULARY_MODELS[name])._default_manager.all()
    found: PageRow | None = (
        (rows.select_for_update(no_key=True) if lock else rows)
        .filter(**{"key" if is_text else "slug": key})
        .first()
    )
    return found


def read_values(row: PageRow | None) -> dict[str, Any]:
    """Return the public columns of a row, and those of the row that it is merged into. None has no values."""
    if row is None:
        return {}
    if isinstance(row, SiteText):
        chosen = {f"start_here_{side}": [choice[side] for choice in row.start_here] for side in SIDES}
        briefs = [choice["brief"] for choice in row.start_here]
        return {"text_zh": row.text_zh, "text_en": row.text_en, "start_here": briefs, **chosen}
    columns = (field.name for field in row._meta.concrete_fields if field.editable and field.name != "id")
    values = {name: getattr(row, name) for name in columns if name not in row.desk_columns}
    heir = row.merged_into
    return {**values, "merged_into": {"slug": heir.slug, **read_values(heir)} if heir else None}


def build_row(page: str, stored: PageRow | None, values: PageValues) -> Any:
    """Return an unsaved row with these values: a copy of the stored one, or a new one."""
    name, _slash, key = page.partition("/")
    if page.startswith(SITE_TEXT_PREFIX):
        row: Any = copy.copy(stored) or SiteText(key=key)
        row.text_zh, row.text_en = values["text_zh"], values["text_en"]
        chosen = zip(values["start_here"], values["start_here_zh"], values["start_here_en"], strict=True)
        row.start_here = [{"brief": brief, "zh": zh, "en": en} for brief, zh, en in chosen]
        return row
    kind = VOCABULARY_MODELS[name]
    row = copy.copy(stored) or kind(slug=key)
    row._state = copy.copy(row._state)
    row._state.fields_cache = {}
    heir = values["merged_into"]
    row.merged_into = kind._default_manager.get(slug=heir["slug"]) if heir else None
    for column in values.keys() - {"merged_into"}:
        setattr(row, column, values[column])
    return row


def get_leaf(column: str) -> LeafName:
    """Return the leaf that has the column: of its language, or `common`."""
    return next((side for side in SIDES if f"_{column}".endswith(f"_{side}")), "common")


def hash_leaves(values: PageValues) -> dict[LeafName, str]:
    """Hash the values by leaf. Empty ones are left out, so that a text that is missing equals an empty one."""
    kept = {name: value for name, value in values.items() if value not in ("", None, [])}
    return {
        leaf: hash_json({name: value for name, value in kept.items() if get_leaf(name) == leaf})
        for leaf in LEAVES
    }


def hash_values(values: PageValues) -> str:
    return hash_json(hash_leaves(values))
