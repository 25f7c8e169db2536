from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("briefs", "0013_leaner_pages"),
    ]

    operations = [
        migrations.CreateModel(
            name="Relabelling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("row", models.BigIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("past", models.BooleanField(default=False)),
                ("below", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "row"), name="relabelling_once")],
            },
        ),
    ]
