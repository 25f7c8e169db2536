from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes for the lookups of an import, so that their cost does not grow with the number of briefs."""

    dependencies = [("briefs", "0005_picture")]

    operations = [
        migrations.AddIndex("document", models.Index(fields=["name"], name="document_by_name")),
        migrations.AddIndex(
            "revision",
            models.Index(
                fields=["document_article"],
                name="revision_by_article",
                condition=models.Q(("document_article", ""), _negated=True),
            ),
        ),
    ]
