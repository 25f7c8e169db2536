import datetime as dt

from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

UNDATED = dt.date.min


def copy_article_dates(apps, schema_editor):
    """Give each row of a topic or author its article's day, so that a timeline is a walk along one index."""
    cards = apps.get_model("briefs", "Card").objects
    cards.filter(article_date=None).update(article_date=UNDATED)
    for name in ("EditionAuthor", "EditionKeyword"):
        day = Subquery(cards.filter(edition=OuterRef("edition")).values("article_date"))
        apps.get_model("briefs", name).objects.update(article_date=Coalesce(day, UNDATED))


class Migration(migrations.Migration):
    """Introductions of topics, and timelines by article date. Their entries are empty until `rebuild_derived` has run."""

    dependencies = [
        ("briefs", "0019_presence_page"),
    ]

    operations = [
        migrations.AlterField("sitetext", "key", models.CharField(max_length=100, primary_key=True, serialize=False)),
        migrations.AddField("sitetext", "start_here", models.JSONField(blank=True, default=list, db_default=Value([], models.JSONField()), editable=False)),
        migrations.AddField("face", "timeline_entry", models.TextField(default="", db_default="")),
        migrations.AddField("editionauthor", "article_date", models.DateField(default=UNDATED, db_default=UNDATED)),
        migrations.AddField("editionkeyword", "article_date", models.DateField(default=UNDATED, db_default=UNDATED)),
        migrations.AddIndex(
            "editionauthor",
            models.Index(fields=["author", "-article_date", "-edition"], name="author_by_date"),
        ),
        migrations.AddIndex(
            "editionkeyword",
            models.Index(fields=["keyword", "-article_date", "-edition"], name="keyword_by_date"),
        ),
        migrations.AddIndex(
            "card",
            models.Index(fields=["source", "-article_date", "-edition"], name="card_by_source_date"),
        ),
        migrations.RunPython(copy_article_dates, migrations.RunPython.noop),
    ]
