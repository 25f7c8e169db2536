from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("briefs", "0020_topic_pages"),
    ]

    operations = [
        migrations.AddField("face", "attribution", models.TextField(default="", db_default="")),
    ]
