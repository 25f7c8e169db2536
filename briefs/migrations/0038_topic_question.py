from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("briefs", "0037_name_change"),
    ]

    operations = [
        migrations.AddField(
            model_name="sitetext",
            name="question",
            field=models.JSONField(
                blank=True, db_default=models.Value({}, models.JSONField()), default=dict, editable=False
            ),
        ),
    ]
