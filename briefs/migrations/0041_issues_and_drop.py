from django.db import migrations


class Migration(migrations.Migration):
    """Join the tables of issues, which the schema may have before a restart, with the steps that drop tables."""

    dependencies = [
        ("briefs", "0039_expand_and_drop"),
        ("briefs", "0040_issues"),
    ]

    operations = []
