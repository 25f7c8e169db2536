from django.db import migrations


class Migration(migrations.Migration):
    """The contract step: pages are rendered from editions. See docs/decisions/0026-pages-kept-whole.md."""

    dependencies = [
        ('briefs', '0034_key_point'),
    ]

    operations = [
        migrations.DeleteModel(name='Rendering'),
        migrations.DeleteModel(name='Card'),
        migrations.DeleteModel(name='Face'),
        migrations.DeleteModel(name='EditionPicture'),
        migrations.DeleteModel(name='Gloss'),
        migrations.DeleteModel(name='Related'),
    ]
