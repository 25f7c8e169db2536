import django.db.models.deletion
from django.db import migrations, models

import briefs.models.fields

LISTING = ["live_from", "live_until", "withdrawn_at", "removed_at"]


class Migration(migrations.Migration):
    """Recreate the table of glosses empty. Pages mark no terms until `rebuild_derived` has run."""

    dependencies = [
        ("briefs", "0012_search"),
    ]

    operations = [
        migrations.DeleteModel("Gloss"),
        migrations.CreateModel(
            name="Gloss",
            fields=[
                ("edition", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="gloss", serialize=False, to="briefs.edition")),
                ("zh", models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ("en", models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ("parallel_zh", models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ("parallel_en", models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ("labels", models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ("content_hash", models.CharField(max_length=64)),
                ("version", models.PositiveIntegerField()),
            ],
        ),
        migrations.RemoveIndex("edition", "edition_newest"),
        migrations.RemoveIndex("edition", "edition_by_brief"),
        migrations.AddIndex("edition", models.Index(fields=["-published_at", "-id", *LISTING, "brief"], name="edition_newest")),
        migrations.AddIndex("edition", models.Index(fields=["brief", *LISTING], name="edition_by_brief")),
    ]
