from django.db import migrations, models


class Migration(migrations.Migration):
    """What an index page counts is read from indexes: rows of editions and cards are long."""

    dependencies = [("briefs", "0011_pages")]

    operations = [
        migrations.RemoveIndex("edition", "edition_by_time"),
        migrations.AddIndex(
            "edition",
            models.Index(
                fields=["live_from", "live_until", "withdrawn_at", "removed_at"], name="edition_listed"
            ),
        ),
        migrations.AddIndex("card", models.Index(fields=["edition", "article_month"], name="card_month_of")),
    ]
