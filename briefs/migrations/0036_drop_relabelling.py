from django.db import migrations


class Migration(migrations.Migration):
    """The contract step: no row keeps a name, so a changed one needs no job. See docs/decisions/0026-pages-kept-whole.md."""

    dependencies = [
        ('briefs', '0035_drop_stored_pages'),
    ]

    operations = [
        migrations.DeleteModel(name='Relabelling'),
    ]
