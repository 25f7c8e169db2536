import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("briefs", "0034_key_point"),
    ]

    operations = [
        migrations.AddField(
            model_name="siteversion",
            name="generation",
            field=models.CharField(db_default="", default="", max_length=32),
        ),
        migrations.CreateModel(
            name="NameChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("row", models.BigIntegerField()),
                ("briefs", models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("position", models.BigIntegerField(null=True, unique=True)),
            ],
        ),
    ]
