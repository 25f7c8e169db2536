from django.db import migrations


class Migration(migrations.Migration):
    """Join the last step that expands the schema with the steps that drop tables, which need a restart before."""

    dependencies = [
        ("briefs", "0036_drop_relabelling"),
        ("briefs", "0038_topic_question"),
    ]

    operations = []
