"""Two editions of a brief are never public at the same moment: an exclusion constraint on PostgreSQL.

On SQLite a trigger enforces the same rule. `briefs.database.guards` installs it after every migrate.
"""

from django.db import migrations


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        schema_editor.execute(
            "ALTER TABLE briefs_edition ADD CONSTRAINT briefs_edition_one_public"
            " EXCLUDE USING gist (brief_id WITH =, tstzrange(live_from, live_until) WITH &&)"
        )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE briefs_edition DROP CONSTRAINT briefs_edition_one_public")


class Migration(migrations.Migration):
    dependencies = [("briefs", "0001_initial")]
    operations = [migrations.RunPython(add, drop)]
