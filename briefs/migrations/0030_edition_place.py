import datetime

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

UNDATED = datetime.date(1, 1, 1)
BATCH = 5000


def fill_places(apps, editor):
    """Copy what pages are listed by from the cards. The version before goes on reading these."""
    model = {name: apps.get_model("briefs", name) for name in ("Card", "EditionPicture", "EditionPlace")}
    pictures = model["EditionPicture"].objects.filter(edition=OuterRef("edition")).values("key")
    rows = model["Card"].objects.annotate(picture=Coalesce(Subquery(pictures), Value(""))).values_list(
        "edition_id", "source_id", "article_date", "article_month", "published_at", "picture"
    )
    place = model["EditionPlace"]
    waiting = []
    for pk, source, date, month, published_at, picture in rows.iterator(BATCH):
        waiting.append(place(edition_id=pk, source_id=source, article_date=date or UNDATED, article_month=month, published_at=published_at, picture=picture))  # fmt: skip
        if len(waiting) == BATCH:
            place.objects.bulk_create(waiting)
            waiting = []
    place.objects.bulk_create(waiting)


class Migration(migrations.Migration):

    dependencies = [
        ('briefs', '0029_encryption_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='EditionPlace',
            fields=[
                ('edition', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='place', serialize=False, to='briefs.edition')),
                ('article_date', models.DateField(db_default=UNDATED, default=UNDATED)),
                ('article_month', models.PositiveBigIntegerField(null=True)),
                ('published_at', models.DateTimeField()),
                ('picture', models.CharField(blank=True, max_length=64)),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.source')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['article_date'], name='place_by_date'),
                    models.Index(fields=['article_month', '-article_date', '-edition'], name='place_by_month'),
                    models.Index(fields=['source', '-published_at', '-edition'], name='place_by_source'),
                    models.Index(fields=['source', '-article_date', '-edition'], name='place_by_source_date'),
                    models.Index(condition=models.Q(('picture', ''), _negated=True), fields=['picture'], name='place_by_picture'),
                ],
            },
        ),
        migrations.RunPython(fill_places, migrations.RunPython.noop),
    ]
