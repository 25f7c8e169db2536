from django.db import migrations, models
from django.db.models import F, Q


def told(apps, schema_editor):
    """Mark existing letters as notified: they are older than the notices of letters."""
    apps.get_model("briefs", "Letter").objects.filter(told_at=None).update(told_at=F("at"))


class Migration(migrations.Migration):
    dependencies = [("briefs", "0007_review_and_sharing")]

    operations = [
        migrations.AddField("note", "field", models.CharField(blank=True, default="", max_length=10), preserve_default=False),
        migrations.AddField("letter", "told_at", models.DateTimeField(null=True)),
        migrations.AddIndex("letter", models.Index(condition=Q(told_at=None), fields=["id"], name="letter_untold")),
        migrations.RunPython(told, migrations.RunPython.noop),
    ]
