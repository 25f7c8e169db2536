import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import ExtractMonth, ExtractYear, Length

import briefs.models.fields

PLACED = ("card", "editionauthor", "editionkeyword")


def fill(apps, schema_editor):
    """Fill the columns that repeat an edition's time, and the article's month. Lists then need no rebuild."""
    editions = apps.get_model("briefs", "Edition").objects
    moment = Subquery(editions.filter(pk=OuterRef("edition_id")).values("published_at")[:1])
    for name in PLACED:
        apps.get_model("briefs", name).objects.update(published_at=moment)
    cards = apps.get_model("briefs", "Card").objects
    dated = cards.exclude(article_date=None)
    dated.update(article_month=ExtractYear("article_date") * 100 + ExtractMonth("article_date"))
    year_only = cards.annotate(n=Length(KeyTextTransform("date", "data"))).filter(n=4)
    year_only.update(article_month=ExtractYear("article_date") * 100)


class Migration(migrations.Migration):
    """Tables for pages by keyword, author, source, term and month, for glossary marks and related briefs."""

    dependencies = [("briefs", "0008_assignments_notes_letters")]

    operations = [
        *(migrations.AddField(name, "published_at", models.DateTimeField(null=True)) for name in PLACED),
        migrations.AddField("card", "article_month", models.PositiveBigIntegerField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        *(migrations.AlterField(name, "published_at", models.DateTimeField()) for name in PLACED),
        *(
            migrations.AlterField(
                name,
                "edition",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name=related, to="briefs.edition"
                ),
            )
            for name, related in (("editionauthor", "in_authors"), ("editionkeyword", "in_keywords"))
        ),
        migrations.AddIndex(
            "card",
            models.Index(fields=["article_month", "-article_date", "-edition"], name="card_by_month"),
        ),
        migrations.AddIndex(
            "card", models.Index(fields=["source", "-published_at", "-edition"], name="card_by_source")
        ),
        migrations.AddIndex(
            "editionauthor",
            models.Index(fields=["author", "-published_at", "-edition"], name="author_newest"),
        ),
        migrations.AddIndex(
            "editionkeyword",
            models.Index(fields=["keyword", "-published_at", "-edition"], name="keyword_newest"),
        ),
        migrations.CreateModel(
            "EditionTerm",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("places", models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ("published_at", models.DateTimeField()),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="in_terms",
                        to="briefs.edition",
                    ),
                ),
                (
                    "term",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="briefs.term"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["term", "-published_at", "-edition"], name="term_newest"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("edition", "term"), name="edition_term_once")
                ],
            },
        ),
        migrations.CreateModel(
            "Gloss",
            [
                (
                    "edition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="gloss",
                        serialize=False,
                        to="briefs.edition",
                    ),
                ),
                ("data", models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ("content_hash", models.CharField(max_length=64)),
                ("version", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            "Related",
            [
                (
                    "edition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="related",
                        serialize=False,
                        to="briefs.edition",
                    ),
                ),
                ("briefs", models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ("line_zh", models.TextField()),
                ("line_en", models.TextField()),
            ],
        ),
    ]
