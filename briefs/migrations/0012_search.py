"""Search indexes of editions and of drafts: FTS5 tables on SQLite, tables with a GIN index on PostgreSQL."""

import django.db.models.deletion
from django.db import migrations, models


TABLES = ("search_editions", "search_drafts")


def add(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(
                f'CREATE VIRTUAL TABLE "{table}" USING fts5(head, keyword, gist, body, author, source, marks,'
                " content='', contentless_delete=1, tokenize='ascii')"
            )
        else:
            schema_editor.execute(f'CREATE TABLE "{table}" (place bigint PRIMARY KEY, tsv tsvector NOT NULL)')
            schema_editor.execute(f'CREATE INDEX "{table}_tsv" ON "{table}" USING gin (tsv)')


def say_how(apps, schema_editor):
    """Record the analyser version of the empty index. `rebuild_derived` then adds the missing briefs."""
    from briefs.search.analysis import VERSION

    apps.get_model("briefs", "SearchIndex").objects.create(name="search_drafts", version=VERSION)


def drop(apps, schema_editor):
    for table in TABLES:
        schema_editor.execute(f'DROP TABLE "{table}"')


class Migration(migrations.Migration):

    dependencies = [
        ('briefs', '0011_list_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Search',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='Day')),
                ('words', models.CharField(max_length=100, verbose_name='Words')),
                ('times', models.PositiveIntegerField(default=0, verbose_name='Times')),
                ('found', models.PositiveIntegerField(default=0, verbose_name='Found')),
            ],
            options={
                'verbose_name': 'What readers look for',
                'verbose_name_plural': 'What readers look for',
            },
        ),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('place', models.BigIntegerField(primary_key=True, serialize=False)),
                ('day', models.DateField(null=True)),
                ('facets', models.TextField()),
                ('mark', models.CharField(max_length=64)),
                ('version', models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name='SearchIndex',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('version', models.CharField(max_length=80)),
            ],
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(fields=['id', 'live_from', 'live_until', 'withdrawn_at', 'removed_at'], name='edition_listing'),
        ),
        migrations.AddConstraint(
            model_name='search',
            constraint=models.UniqueConstraint(fields=('day', 'words'), name='search_once_a_day'),
        ),
        migrations.AddField(
            model_name='searchentry',
            name='edition',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='briefs.edition'),
        ),
        migrations.RunPython(add, drop),
        migrations.RunPython(say_how, migrations.RunPython.noop),
    ]
