import re

from django.db import migrations, models

from briefs.bilingual.text.person_names import NameOrder, divide_person_name

BATCH = 500

# The division of names before this migration.
_HAN_NAME = re.compile(r"[\u3400-\u9fff]{2,4}")
_DIVIDED_HAN_NAME = re.compile(r"([\u3400-\u9fff]{1,2})[, ，\u3000]+([\u3400-\u9fff]{1,3})")
_HAN_OFFICE = re.compile(r"[\u3400-\u9fff]+[部會院局署司處黨府社團報]")
_DOUBLE = ("歐陽", "司馬", "諸葛", "上官", "司徒", "夏侯", "張簡", "范姜")
_CORPORATE = re.compile(
    r"\b(of|and|for|the|Ministry|Institute|Council|Center|Centre|Committee|University|Bank|Group)\b|&",
    re.IGNORECASE,
)
_GENERATION = re.compile(r",? (?:Jr|Sr|II|III|IV)\.?$")
_PARTICLES = {"van", "von", "de", "der", "den", "da", "di", "del", "du", "la", "le", "ter", "bin", "al"}


def split_as_before(name):
    """Return family and given name as version 0.2.0 split them."""
    if parts := _DIVIDED_HAN_NAME.fullmatch(name):
        family, given = parts.groups()
        is_office = len(family) > 1 and family not in _DOUBLE and is_han_organization(family + given)
        return ("", "") if is_office else (family, given)
    if is_han_organization(name):
        return "", ""
    if _HAN_NAME.fullmatch(name):
        cut = 2 if name.startswith(_DOUBLE) and len(name) > 2 else 1
        return name[:cut], name[cut:]
    words = _GENERATION.sub("", name).split()
    if not 2 <= len(words) <= 5 or _CORPORATE.search(name) or not name.isprintable():
        return "", ""
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].lower() in _PARTICLES:
        cut -= 1
    return " ".join(words[cut:])[:100], " ".join(words[:cut])[:100]


def is_han_organization(name):
    return any(len(part) > 2 and _HAN_OFFICE.fullmatch(part) for part in re.split("[,， ]+", name))


def divide_again(apps, schema_editor):
    """Divide the names whose parts are those of the old split. What somebody corrected stays."""
    authors = apps.get_model("briefs", "Author").objects
    for row in authors.order_by("pk").iterator(chunk_size=BATCH):
        if (row.family, row.given) != split_as_before(row.name):
            continue
        own = row.name_zh if row.name_zh_kind == "own" else ""
        divided = divide_person_name(row.name, own)
        if not row.family and divided.order is not NameOrder.UNKNOWN:
            continue
        parts = {"family": divided.family, "given": divided.given}
        order = NameOrder.UNKNOWN if divided.order is NameOrder.UNKNOWN else ""
        if parts != {"family": row.family, "given": row.given} or order:
            authors.filter(pk=row.pk).update(**parts, name_order=str(order))


def nothing(apps, schema_editor):
    """The old version reads the parts as they are; the column goes with the migration."""


class Migration(migrations.Migration):
    """Expand: the order of a name that cannot be told from it. Old rows are divided by the new rules."""

    dependencies = [("briefs", "0032_next_step_data")]

    operations = [
        migrations.AddField(
            model_name="author",
            name="name_order",
            field=models.CharField(
                blank=True,
                choices=[
                    ("given-first", "Family name last"),
                    ("family-first", "Family name first"),
                    ("undivided", "Undivided: an organization, or no family name"),
                    ("unknown", "Not known: printed as written"),
                ],
                db_default="",
                default="",
                max_length=12,
                verbose_name="Order of the name",
            ),
        ),
        migrations.RunPython(divide_again, nothing),
    ]
