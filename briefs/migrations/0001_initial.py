"""Version 1.0. Beside the tables: an exclusion constraint on PostgreSQL, and the tables of the search index.

Two editions of a brief are never public at the same moment. On SQLite a trigger enforces this, which
`briefs.database.guards` installs after every migrate.
"""

import briefs.bilingual.text.person_names
import briefs.models.fields
import datetime
import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


SEARCH_TABLES = ("search_editions", "search_drafts")


def add_public_interval_constraint(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        schema_editor.execute(
            "ALTER TABLE briefs_edition ADD CONSTRAINT briefs_edition_one_public"
            " EXCLUDE USING gist (brief_id WITH =, tstzrange(live_from, live_until) WITH &&)"
        )


def add_search_tables(apps, schema_editor):
    """Create FTS5 tables on SQLite, tables with a GIN index on PostgreSQL."""
    for table in SEARCH_TABLES:
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(
                f'CREATE VIRTUAL TABLE "{table}" USING fts5(head, keyword, gist, body, author, source, marks,'
                " content='', contentless_delete=1, tokenize='ascii')"
            )
        else:
            schema_editor.execute(f'CREATE TABLE "{table}" (place bigint PRIMARY KEY, tsv tsvector NOT NULL)')
            schema_editor.execute(f'CREATE INDEX "{table}_tsv" ON "{table}" USING gin (tsv)')


def record_analyser_version(apps, schema_editor):
    from briefs.derived.search.analysis import VERSION

    apps.get_model("briefs", "SearchIndex").objects.create(name="search_drafts", version=VERSION)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', briefs.models.fields.ContentField()),
                ('hash_zh', models.CharField(max_length=64)),
                ('hash_en', models.CharField(max_length=64)),
                ('hash_common', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField(verbose_name='First published')),
                ('live_from', models.DateTimeField(verbose_name='Public from')),
                ('live_until', models.DateTimeField(null=True, verbose_name='Public until')),
                ('approved_at', models.DateTimeField(verbose_name='Approved')),
                ('four_eyes', models.BooleanField()),
                ('change_kind', models.CharField(blank=True, choices=[('correction', 'Correction'), ('update', 'Update'), ('editors_note', "Editor's note"), ('small_repair', 'Small repair')], max_length=12)),
                ('change_note_zh', models.TextField(blank=True)),
                ('change_note_en', models.TextField(blank=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_kind', models.CharField(blank=True, choices=[('our_error', 'Our error'), ('rights', 'Rights'), ('duplicate', 'Duplicate'), ('other', 'Other')], max_length=9)),
                ('withdrawn_reason_zh', models.TextField(blank=True)),
                ('withdrawn_reason_en', models.TextField(blank=True)),
                ('slug', models.SlugField(max_length=100)),
                ('removed_at', models.DateTimeField(null=True)),
                ('removed_reason', models.TextField(blank=True)),
                ('reinstated_at', models.DateTimeField(null=True)),
                ('was_withdrawn_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'Edition',
                'verbose_name_plural': 'Editions',
            },
        ),
        migrations.CreateModel(
            name='EncryptionKey',
            fields=[
                ('fingerprint', models.CharField(max_length=8, primary_key=True, serialize=False)),
                ('noted_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='NameChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('row', models.BigIntegerField()),
                ('briefs', models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('position', models.BigIntegerField(null=True, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='SearchIndex',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('version', models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name='SheetFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('data', models.BinaryField()),
                ('created_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='SignInCounter',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('empties_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SiteVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(max_length=32)),
                ('generation', models.CharField(db_default='', default='', max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('name', models.CharField(blank=True, max_length=150, verbose_name='Name')),
                ('language', models.CharField(choices=[('zh-hant', '繁體中文'), ('en', 'English')], default='zh-hant', max_length=10, verbose_name='Language')),
                ('reviews', models.CharField(blank=True, choices=[('', 'Both languages'), ('zh', 'Chinese'), ('en', 'English')], default='', max_length=2, verbose_name='Reviews')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'Person',
                'verbose_name_plural': 'People',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='Author',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(editable=False, max_length=80, unique=True, verbose_name='Slug')),
                ('name', models.CharField(max_length=200, verbose_name='Name as printed')),
                ('family', models.CharField(blank=True, max_length=100, verbose_name='Family name')),
                ('given', models.CharField(blank=True, max_length=100, verbose_name='Given name')),
                ('name_zh', models.CharField(blank=True, max_length=100, verbose_name='Chinese name')),
                ('name_zh_kind', models.CharField(blank=True, choices=[('own', 'Their own'), ('transliteration', 'A transliteration')], max_length=20, verbose_name='The Chinese name is')),
                ('name_order', models.CharField(blank=True, choices=[(briefs.bilingual.text.person_names.NameOrder['GIVEN_FIRST'], 'Family name last'), (briefs.bilingual.text.person_names.NameOrder['FAMILY_FIRST'], 'Family name first'), (briefs.bilingual.text.person_names.NameOrder['UNDIVIDED'], 'Undivided: an organization, or no family name'), (briefs.bilingual.text.person_names.NameOrder['UNKNOWN'], 'Not known: printed as written')], default='', max_length=12, verbose_name='Order of the name')),
                ('merged_into', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.author')),
            ],
            options={
                'verbose_name': 'Author',
                'verbose_name_plural': 'Authors',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Brief',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('approved', 'Approved'), ('discarded', 'Discarded')], default='draft', max_length=12, verbose_name='State')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('next_number', models.PositiveIntegerField(default=1, editable=False)),
                ('begun_as', models.CharField(editable=False, max_length=32, null=True, unique=True)),
                ('slug', models.SlugField(editable=False, max_length=100, null=True, unique=True)),
                ('created_at', models.DateTimeField(editable=False, verbose_name='Created')),
                ('updated_at', models.DateTimeField(editable=False, verbose_name='Last change')),
                ('returned_at', models.DateTimeField(editable=False, null=True)),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='Due')),
                ('has_priority', models.BooleanField(default=False, verbose_name='Priority')),
                ('article_key', models.CharField(blank=True, editable=False, max_length=800)),
                ('claimed_key', models.CharField(editable=False, max_length=800, null=True, unique=True)),
                ('headline_zh', models.TextField(blank=True, verbose_name='Headline, Chinese')),
                ('headline_en', models.TextField(blank=True, verbose_name='Headline, English')),
                ('summary_zh', models.TextField(blank=True, verbose_name='Summary, Chinese')),
                ('summary_en', models.TextField(blank=True, verbose_name='Summary, English')),
                ('article_date', models.DateField(blank=True, null=True, verbose_name='Article date')),
                ('article_date_precision', models.CharField(choices=[('day', 'Day'), ('month', 'Month'), ('issue', 'Issue')], default='day', max_length=8, verbose_name='Precision')),
                ('article_date_label', models.CharField(blank=True, max_length=60, verbose_name='Label of the issue')),
                ('article_date_raw', models.CharField(blank=True, editable=False, max_length=60)),
                ('article_date_alternative', models.CharField(blank=True, editable=False, max_length=10)),
                ('article_date_confirmed', models.BooleanField(default=False, verbose_name='Date confirmed')),
                ('article_title', models.CharField(blank=True, max_length=500, verbose_name='Article title')),
                ('article_url', models.CharField(blank=True, max_length=800, verbose_name='Article address')),
                ('article_doi', models.CharField(blank=True, max_length=200, verbose_name='DOI')),
                ('article_language', models.CharField(blank=True, max_length=20, verbose_name='Language of the article')),
                ('article_access', models.CharField(blank=True, choices=[('free', 'Free'), ('registration', 'Registration'), ('subscription', 'Subscription')], max_length=14, verbose_name='Access')),
                ('article_kind', models.CharField(blank=True, choices=[('commentary', 'Commentary'), ('report', 'Report'), ('testimony', 'Testimony'), ('interview', 'Interview')], max_length=12, verbose_name='Kind')),
                ('article_accessed_on', models.DateField(blank=True, null=True, verbose_name='Date accessed')),
                ('article_archive_url', models.CharField(blank=True, max_length=800, verbose_name='Archived copy')),
                ('article_embargo_until', models.DateTimeField(blank=True, null=True, verbose_name='Embargo until')),
                ('article_withdrawn', models.BooleanField(default=False, verbose_name='Withdrawn by its source')),
                ('picture_alt_zh', models.TextField(blank=True, verbose_name='Alt text, Chinese')),
                ('picture_alt_en', models.TextField(blank=True, verbose_name='Alt text, English')),
                ('key_point', models.PositiveIntegerField(default=0, verbose_name='Key line')),
                ('picture_credit', models.CharField(blank=True, max_length=200, verbose_name='Credit')),
                ('picture_licence', models.CharField(blank=True, max_length=200, verbose_name='Licence')),
                ('picture_focus', models.CharField(blank=True, max_length=7)),
                ('change_kind', models.CharField(blank=True, choices=[('correction', 'Correction'), ('update', 'Update'), ('editors_note', "Editor's note"), ('small_repair', 'Small repair')], max_length=12, verbose_name='Kind of change')),
                ('change_note_zh', models.TextField(blank=True, verbose_name='Note on change, Chinese')),
                ('change_note_en', models.TextField(blank=True, verbose_name='Note on change, English')),
                ('assigned_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Assigned to')),
                ('returned_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_by', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Changed by')),
                ('version_of', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.brief')),
            ],
            options={
                'verbose_name': 'Brief',
                'verbose_name_plural': 'Briefs',
                'ordering': ['-updated_at', '-id'],
                'permissions': [('write_briefs', 'Writer: import, claim, submit, revise, discard'), ('review_briefs', 'Reviewer: sign off, send back'), ('publish_briefs', 'Publisher: approve, schedule, withdraw, remove')],
            },
        ),
        migrations.CreateModel(
            name='BriefAuthor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('affiliation_zh', models.CharField(blank=True, max_length=300)),
                ('affiliation_en', models.CharField(blank=True, max_length=300)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.author')),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bylines', to='briefs.brief')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.AddField(
            model_name='brief',
            name='authors',
            field=models.ManyToManyField(related_name='+', through='briefs.BriefAuthor', to='briefs.author'),
        ),
        migrations.CreateModel(
            name='Bullet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('position', models.PositiveIntegerField()),
                ('text_zh', models.TextField(blank=True)),
                ('text_en', models.TextField(blank=True)),
                ('level_zh', models.PositiveSmallIntegerField(default=0)),
                ('level_en', models.PositiveSmallIntegerField(default=0)),
                ('marker_zh', models.CharField(default='bullet', max_length=6)),
                ('marker_en', models.CharField(default='bullet', max_length=6)),
                ('passage', models.TextField(blank=True, verbose_name='Source passage')),
                ('one_sided', models.TextField(blank=True, verbose_name='Intentionally one-sided because')),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bullets', to='briefs.brief')),
            ],
            options={
                'verbose_name': 'Bullet',
                'verbose_name_plural': 'Bullets',
                'ordering': ['position', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Dismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60)),
                ('field', models.CharField(max_length=10)),
                ('bullet', models.PositiveIntegerField(null=True)),
                ('text', models.CharField(max_length=64)),
                ('reason', models.TextField(verbose_name='Reason')),
                ('at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dismissals', to='briefs.brief')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, verbose_name='File')),
                ('sha256', models.CharField(max_length=64)),
                ('data', models.BinaryField()),
                ('encoding', models.CharField(blank=True, max_length=20, verbose_name='Encoding')),
                ('at', models.DateTimeField(verbose_name='Imported')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Imported by')),
            ],
            options={
                'verbose_name': 'Imported file',
                'verbose_name_plural': 'Imported files',
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=120)),
                ('number', models.PositiveIntegerField()),
                ('values', models.JSONField(default=dict)),
                ('base_hash', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Draft of a page',
                'verbose_name_plural': 'Drafts of pages',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='EditionPlace',
            fields=[
                ('edition', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='place', serialize=False, to='briefs.edition')),
                ('article_date', models.DateField(default=datetime.date(1, 1, 1))),
                ('article_month', models.PositiveBigIntegerField(null=True)),
                ('published_at', models.DateTimeField()),
                ('picture', models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='EditionVector',
            fields=[
                ('edition', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='briefs.edition')),
                ('vector', models.BinaryField()),
                ('version', models.CharField(max_length=80)),
            ],
        ),
        migrations.AddField(
            model_name='edition',
            name='approved_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='edition',
            name='brief',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.brief'),
        ),
        migrations.AddField(
            model_name='edition',
            name='edited_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='edition',
            name='removed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='edition',
            name='withdrawn_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='EditionAuthor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('published_at', models.DateTimeField()),
                ('article_date', models.DateField(default=datetime.date(1, 1, 1))),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.author')),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='in_authors', to='briefs.edition')),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('about', models.CharField(blank=True, max_length=120)),
                ('verb', models.CharField(max_length=32)),
                ('at', models.DateTimeField()),
                ('from_state', models.CharField(blank=True, max_length=12)),
                ('to_state', models.CharField(blank=True, max_length=12)),
                ('note', models.TextField(blank=True)),
                ('brief', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='briefs.brief')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.edition')),
            ],
            options={
                'verbose_name': 'Event',
                'verbose_name_plural': 'Timeline',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Issue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True, verbose_name='Number')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'In review'), ('approved', 'Approved'), ('discarded', 'Discarded')], default='draft', max_length=12, verbose_name='State')),
                ('content', briefs.models.fields.ContentField(default=dict)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField(verbose_name='Changed')),
                ('updated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Issue',
                'verbose_name_plural': 'Issues',
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='IssueEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', briefs.models.fields.ContentField()),
                ('hash_zh', models.CharField(max_length=64)),
                ('hash_en', models.CharField(max_length=64)),
                ('hash_common', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField(verbose_name='First published')),
                ('live_from', models.DateTimeField(verbose_name='Public from')),
                ('live_until', models.DateTimeField(null=True, verbose_name='Public until')),
                ('approved_at', models.DateTimeField(verbose_name='Approved')),
                ('four_eyes', models.BooleanField()),
                ('change_kind', models.CharField(blank=True, choices=[('correction', 'Correction'), ('update', 'Update'), ('editors_note', "Editor's note"), ('small_repair', 'Small repair')], max_length=12)),
                ('change_note_zh', models.TextField(blank=True)),
                ('change_note_en', models.TextField(blank=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_kind', models.CharField(blank=True, choices=[('our_error', 'Our error'), ('rights', 'Rights'), ('duplicate', 'Duplicate'), ('other', 'Other')], max_length=9)),
                ('withdrawn_reason_zh', models.TextField(blank=True)),
                ('withdrawn_reason_en', models.TextField(blank=True)),
                ('issue_number', models.PositiveIntegerField()),
                ('approved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('issue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.issue')),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Edition of an issue',
                'verbose_name_plural': 'Editions of issues',
            },
        ),
        migrations.CreateModel(
            name='IssueItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.brief')),
                ('issue_edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='briefs.issueedition')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='IssueRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', briefs.models.fields.ContentField()),
                ('hash_zh', models.CharField(max_length=64)),
                ('hash_en', models.CharField(max_length=64)),
                ('hash_common', models.CharField(max_length=64)),
                ('begins_version', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('issue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='briefs.issue')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.AddField(
            model_name='issueedition',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.issuerevision'),
        ),
        migrations.CreateModel(
            name='Keyword',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(editable=False, max_length=80, unique=True, verbose_name='Slug')),
                ('label_zh', models.CharField(blank=True, max_length=80, verbose_name='Chinese label')),
                ('label_en', models.CharField(blank=True, max_length=80, verbose_name='English label')),
                ('kind', models.CharField(blank=True, max_length=40, verbose_name='Kind')),
                ('listed', models.BooleanField(default=True, help_text='Has a place in the index. Off for what is too broad.', verbose_name='Listed')),
                ('merged_into', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.keyword')),
            ],
            options={
                'verbose_name': 'Keyword',
                'verbose_name_plural': 'Keywords',
                'ordering': ['label_en', 'label_zh'],
            },
        ),
        migrations.CreateModel(
            name='EditionKeyword',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('published_at', models.DateTimeField()),
                ('article_date', models.DateField(default=datetime.date(1, 1, 1))),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='in_keywords', to='briefs.edition')),
                ('keyword', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.keyword')),
            ],
        ),
        migrations.CreateModel(
            name='BriefKeyword',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='labels', to='briefs.brief')),
                ('keyword', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.keyword')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.AddField(
            model_name='brief',
            name='keywords',
            field=models.ManyToManyField(related_name='+', through='briefs.BriefKeyword', to='briefs.keyword'),
        ),
        migrations.CreateModel(
            name='Mailing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('issue', 'Issue'), ('correction', 'Correction notice')], max_length=10)),
                ('bodies', models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ('bytes_hash', models.CharField(max_length=64)),
                ('due_at', models.DateTimeField()),
                ('not_after', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Being sent'), ('paused', 'Paused'), ('stopped', 'Stopped'), ('done', 'Sent')], default='queued', max_length=7)),
                ('state_at', models.DateTimeField()),
                ('state_reason', models.CharField(blank=True, max_length=200)),
                ('run_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.edition')),
                ('issue_edition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.issueedition')),
                ('state_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Mailing',
                'verbose_name_plural': 'Mailings',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='MailingEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.edition')),
                ('mailing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='editions', to='briefs.mailing')),
            ],
        ),
        migrations.CreateModel(
            name='MailSwitch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=24)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'My mail',
                'verbose_name_plural': 'My mail',
            },
        ),
        migrations.CreateModel(
            name='MemoryPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('text_zh', models.TextField()),
                ('text_en', models.TextField()),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='briefs.edition')),
            ],
        ),
        migrations.CreateModel(
            name='MemoryKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('zh', 'Chinese'), ('en', 'English')], max_length=2)),
                ('key', models.BigIntegerField()),
                ('pair', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='briefs.memorypair')),
            ],
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(blank=True, max_length=10)),
                ('bullet', models.PositiveIntegerField(blank=True, null=True)),
                ('side', models.CharField(blank=True, choices=[('zh', 'Chinese'), ('en', 'English')], max_length=2)),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(null=True)),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='briefs.brief')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Note',
                'verbose_name_plural': 'Notes',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Original',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='Article')),
                ('sha256', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('delete_on', models.DateField()),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='originals', to='briefs.brief')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Original',
                'verbose_name_plural': 'Originals',
            },
        ),
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(max_length=24)),
                ('values', models.JSONField(default=dict)),
                ('condition', models.CharField(blank=True, default='', max_length=32)),
                ('due_at', models.DateTimeField()),
                ('claimed_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('cancelled_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('brief', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.brief')),
                ('edition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.edition')),
                ('event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.event')),
                ('to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Notice',
                'verbose_name_plural': 'Notices',
            },
        ),
        migrations.CreateModel(
            name='Picture',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Picture',
                'verbose_name_plural': 'Pictures',
            },
        ),
        migrations.AddField(
            model_name='brief',
            name='picture',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.picture', verbose_name='Picture'),
        ),
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(default='', max_length=32)),
                ('row', models.CharField(default='', max_length=16)),
                ('seen_at', models.DateTimeField()),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='briefs.brief')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PreviewLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('opened', models.PositiveIntegerField(default=0)),
                ('last_opened_at', models.DateTimeField(null=True)),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.brief')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.event')),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Preview link',
                'verbose_name_plural': 'Preview links',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('kind', models.CharField(choices=[('remark', 'A guest’s remark'), ('report', 'A reader’s report')], max_length=8)),
                ('bullet', models.PositiveIntegerField(null=True)),
                ('side', models.CharField(blank=True, choices=[('zh', 'Chinese'), ('en', 'English')], max_length=2)),
                ('text', models.TextField(verbose_name='Text')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='Name')),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('at', models.DateTimeField()),
                ('sender', models.CharField(blank=True, max_length=64)),
                ('told_at', models.DateTimeField(null=True)),
                ('handled_at', models.DateTimeField(null=True)),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='briefs.brief')),
                ('edition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.edition')),
                ('handled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('note', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.note')),
                ('link', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.previewlink')),
            ],
            options={
                'verbose_name': 'Letter',
                'verbose_name_plural': 'Letters',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('note', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='briefs.note')),
            ],
            options={
                'verbose_name': 'Reply',
                'verbose_name_plural': 'Replies',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('save', 'Saved'), ('import', 'Imported'), ('restore', 'Restored'), ('return', 'Returned to what is live'), ('names', 'Names changed'), ('revise', 'Change note emptied')], default='save', max_length=8)),
                ('content', briefs.models.fields.ContentField()),
                ('hash_zh', models.CharField(max_length=64)),
                ('hash_en', models.CharField(max_length=64)),
                ('hash_common', models.CharField(max_length=64)),
                ('changed_zh', models.BooleanField()),
                ('changed_en', models.BooleanField()),
                ('changed_facts', models.BooleanField()),
                ('also_by', models.JSONField(default=list)),
                ('is_nobodys', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('document_index', models.PositiveIntegerField(null=True)),
                ('document_lines', models.CharField(blank=True, max_length=64)),
                ('document_article', models.CharField(blank=True, max_length=64)),
                ('document_notes', models.JSONField(default=list)),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='briefs.brief')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.document')),
            ],
            options={
                'verbose_name': 'Revision',
                'verbose_name_plural': 'Revisions',
                'ordering': ['-number'],
            },
        ),
        migrations.AddField(
            model_name='previewlink',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.revision'),
        ),
        migrations.AddField(
            model_name='event',
            name='revision',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.revision'),
        ),
        migrations.AddField(
            model_name='edition',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.revision'),
        ),
        migrations.CreateModel(
            name='RowKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=33)),
                ('number', models.PositiveIntegerField()),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='briefs.brief')),
            ],
        ),
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
                'constraints': [models.UniqueConstraint(fields=('day', 'words'), name='search_once_a_day')],
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
                ('edition', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='briefs.edition')),
            ],
        ),
        migrations.CreateModel(
            name='SignInEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='Time')),
                ('kind', models.CharField(choices=[('in', 'Signed in'), ('refused', 'Wrong name or password'), ('out', 'Signed out'), ('account', 'Account changed'), ('held', 'Guesses limited')], max_length=8, verbose_name='What')),
                ('username', models.CharField(max_length=150, verbose_name='Name as typed')),
                ('address', models.CharField(blank=True, max_length=45, verbose_name='Network address')),
                ('detail', models.CharField(blank=True, max_length=200, verbose_name='Details')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='Person')),
            ],
            options={
                'verbose_name': 'Sign-in',
                'verbose_name_plural': 'Sign-ins',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SignOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.CharField(max_length=120)),
                ('leaf', models.CharField(max_length=6)),
                ('hash', models.CharField(max_length=64)),
                ('hash_common', models.CharField(max_length=64)),
                ('revision', models.PositiveIntegerField()),
                ('answer', models.CharField(choices=[('yes', 'Yes'), ('no', 'No'), ('taken_back', 'Taken back')], max_length=10)),
                ('at', models.DateTimeField()),
                ('note', models.TextField(blank=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Sign-off',
                'verbose_name_plural': 'Sign-offs',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SiteText',
            fields=[
                ('key', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('text_zh', models.TextField(verbose_name='Chinese')),
                ('text_en', models.TextField(verbose_name='English')),
                ('start_here', models.JSONField(blank=True, default=list, editable=False)),
                ('updated_at', models.DateTimeField()),
                ('updated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Site text',
                'verbose_name_plural': 'Site texts',
            },
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(editable=False, max_length=80, unique=True, verbose_name='Slug')),
                ('name', models.CharField(max_length=200, verbose_name='Name')),
                ('name_zh', models.CharField(blank=True, max_length=100, verbose_name='Chinese name')),
                ('url', models.URLField(blank=True, max_length=500, verbose_name='Address')),
                ('kind', models.CharField(blank=True, max_length=40, verbose_name='Kind')),
                ('country', models.CharField(blank=True, max_length=40, verbose_name='Country')),
                ('aliases', models.JSONField(blank=True, default=list, verbose_name='Other names')),
                ('merged_into', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.source')),
            ],
            options={
                'verbose_name': 'Source',
                'verbose_name_plural': 'Sources',
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='brief',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.source', verbose_name='Source'),
        ),
        migrations.CreateModel(
            name='Subscriber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=254, unique=True, verbose_name='Address')),
                ('name', models.CharField(blank=True, default='', max_length=100, verbose_name='Name')),
                ('side', models.CharField(choices=[('zh', 'Chinese'), ('en', 'English'), ('both', 'Both languages')], max_length=4, verbose_name='Language')),
                ('asked_at', models.DateTimeField(null=True)),
                ('asked_side', models.CharField(blank=True, choices=[('zh', 'Chinese'), ('en', 'English'), ('both', 'Both languages')], default='', max_length=4)),
                ('asked_from', models.CharField(blank=True, default='', max_length=64)),
                ('confirm_hash', models.CharField(blank=True, default='', max_length=64)),
                ('confirm_side', models.CharField(blank=True, choices=[('zh', 'Chinese'), ('en', 'English'), ('both', 'Both languages')], default='', max_length=4)),
                ('confirm_until', models.DateTimeField(null=True)),
                ('confirm_sent', models.JSONField(default=list)),
                ('confirm_next_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True, verbose_name='Confirmed')),
                ('left_at', models.DateTimeField(null=True, verbose_name='Left')),
                ('bounced_at', models.DateTimeField(null=True, verbose_name='Bounced')),
                ('last_mailed_at', models.DateTimeField(null=True, verbose_name='Last mail')),
            ],
            options={
                'verbose_name': 'Subscriber',
                'verbose_name_plural': 'Subscribers',
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('bounced_at', None), ('confirmed_at__isnull', False), ('left_at', None)), fields=['side', 'id'], name='subscriber_reading'), models.Index(condition=models.Q(('asked_side', ''), _negated=True), fields=['confirm_next_at', 'asked_at'], name='subscriber_asked'), models.Index(condition=models.Q(('asked_from', ''), _negated=True), fields=['asked_from', 'asked_at'], name='subscriber_asked_from')],
                'constraints': [models.CheckConstraint(condition=models.Q(('side__in', ['zh', 'en', 'both'])), name='subscriber_side'), models.UniqueConstraint(condition=models.Q(('confirm_hash', ''), _negated=True), fields=('confirm_hash',), name='subscriber_token_once')],
            },
        ),
        migrations.CreateModel(
            name='Copy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reader_no', models.BigIntegerField()),
                ('side', models.CharField(choices=[('zh', 'Chinese'), ('en', 'English'), ('both', 'Both languages')], max_length=4)),
                ('token_hash', models.CharField(blank=True, default='', max_length=64)),
                ('stage', models.CharField(choices=[('queued', 'Queued'), ('claimed', 'Being handed over'), ('handed', 'Delivery unconfirmed'), ('sent', 'Sent'), ('refused', 'Refused'), ('dropped', 'Not sent')], default='queued', max_length=7)),
                ('stage_at', models.DateTimeField()),
                ('smtp_code', models.PositiveSmallIntegerField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('bounced_at', models.DateTimeField(null=True)),
                ('mailing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='briefs.mailing')),
                ('subscriber', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='briefs.subscriber')),
            ],
            options={
                'verbose_name': 'Copy',
                'verbose_name_plural': 'Copies',
            },
        ),
        migrations.CreateModel(
            name='Suggestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=10)),
                ('bullet', models.PositiveIntegerField(null=True)),
                ('side', models.CharField(choices=[('zh', 'Chinese'), ('en', 'English')], max_length=2)),
                ('was', models.TextField()),
                ('text', models.TextField()),
                ('why', models.TextField(blank=True)),
                ('file', models.CharField(blank=True, max_length=255)),
                ('also_by', models.JSONField(default=list)),
                ('after', models.PositiveIntegerField(null=True)),
                ('at', models.DateTimeField()),
                ('answer', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('declined', 'Declined')], max_length=8)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suggestions', to='briefs.brief')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'Suggestion',
                'verbose_name_plural': 'Suggestions',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Term',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(editable=False, max_length=80, unique=True, verbose_name='Slug')),
                ('zh', models.CharField(max_length=120, verbose_name='Approved rendering, Chinese')),
                ('en', models.CharField(max_length=200, verbose_name='Approved rendering, English')),
                ('also_zh', models.JSONField(blank=True, default=list, verbose_name='Also accepted, Chinese')),
                ('also_en', models.JSONField(blank=True, default=list, verbose_name='Also accepted, English')),
                ('avoid_zh', models.JSONField(blank=True, default=list, verbose_name='Renderings to avoid, Chinese')),
                ('avoid_en', models.JSONField(blank=True, default=list, verbose_name='Renderings to avoid, English')),
                ('safe_zh', models.JSONField(blank=True, default=list, verbose_name='Safe contexts, Chinese')),
                ('safe_en', models.JSONField(blank=True, default=list, verbose_name='Safe contexts, English')),
                ('note', models.TextField(blank=True, verbose_name='Note')),
                ('merged_into', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.term')),
            ],
            options={
                'verbose_name': 'Term',
                'verbose_name_plural': 'Glossary',
                'ordering': ['en'],
            },
        ),
        migrations.CreateModel(
            name='EditionTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('places', models.JSONField(encoder=briefs.models.fields.PlainJSON)),
                ('published_at', models.DateTimeField()),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='in_terms', to='briefs.edition')),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.term')),
            ],
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('zh', 'Chinese'), ('en', 'English')], max_length=2)),
                ('due_on', models.DateField(null=True, verbose_name='Due')),
                ('at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('brief', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='briefs.brief')),
            ],
            options={
                'verbose_name': 'Assignment',
                'verbose_name_plural': 'Assignments',
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['person'], name='assignment_by_person')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('brief', 'side'), name='one_reviewer_a_side')],
            },
        ),
        migrations.AddConstraint(
            model_name='briefauthor',
            constraint=models.UniqueConstraint(fields=('brief', 'author'), name='brief_author_once'),
        ),
        migrations.AddIndex(
            model_name='bullet',
            index=models.Index(condition=models.Q(('one_sided', ''), ('text_zh', '')), fields=['brief'], name='bullet_lacks_zh'),
        ),
        migrations.AddIndex(
            model_name='bullet',
            index=models.Index(condition=models.Q(('one_sided', ''), ('text_en', '')), fields=['brief'], name='bullet_lacks_en'),
        ),
        migrations.AddConstraint(
            model_name='bullet',
            constraint=models.UniqueConstraint(fields=('brief', 'number'), name='bullet_number_once'),
        ),
        migrations.AddConstraint(
            model_name='bullet',
            constraint=models.CheckConstraint(condition=models.Q(('text_en', ''), ('text_zh', ''), _negated=True), name='bullet_has_text'),
        ),
        migrations.AddConstraint(
            model_name='bullet',
            constraint=models.CheckConstraint(condition=models.Q(('level_en__in', range(0, 3)), ('level_zh__in', range(0, 3))), name='bullet_levels'),
        ),
        migrations.AddConstraint(
            model_name='bullet',
            constraint=models.CheckConstraint(condition=models.Q(('marker_en__in', ('bullet', 'number')), ('marker_zh__in', ('bullet', 'number'))), name='bullet_markers'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['name'], name='document_by_name'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(fields=('sha256', 'name'), name='document_once'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.UniqueConstraint(fields=('page', 'number'), name='draft_number_once'),
        ),
        migrations.AddField(
            model_name='editionplace',
            name='source',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='briefs.source'),
        ),
        migrations.AddIndex(
            model_name='editionauthor',
            index=models.Index(fields=['author', '-published_at', '-edition'], name='author_newest'),
        ),
        migrations.AddIndex(
            model_name='editionauthor',
            index=models.Index(fields=['author', '-article_date', '-edition'], name='author_by_date'),
        ),
        migrations.AddConstraint(
            model_name='editionauthor',
            constraint=models.UniqueConstraint(fields=('edition', 'author'), name='edition_author_once'),
        ),
        migrations.AddConstraint(
            model_name='issueitem',
            constraint=models.UniqueConstraint(fields=('issue_edition', 'brief'), name='issue_item_once'),
        ),
        migrations.AddConstraint(
            model_name='issueitem',
            constraint=models.UniqueConstraint(fields=('issue_edition', 'position'), name='issue_position_once'),
        ),
        migrations.AddConstraint(
            model_name='issuerevision',
            constraint=models.UniqueConstraint(fields=('issue', 'number'), name='issue_revision_number_once'),
        ),
        migrations.AddIndex(
            model_name='issueedition',
            index=models.Index(fields=['-issue_number', 'live_from'], name='issue_edition_by_issue'),
        ),
        migrations.AddIndex(
            model_name='issueedition',
            index=models.Index(fields=['live_from'], name='issue_edition_by_time'),
        ),
        migrations.AddIndex(
            model_name='issueedition',
            index=models.Index(condition=models.Q(('live_until__isnull', False)), fields=['live_until'], name='issue_edition_by_end'),
        ),
        migrations.AddIndex(
            model_name='issueedition',
            index=models.Index(fields=['-published_at', '-id', 'live_from', 'live_until', 'withdrawn_at'], name='issue_edition_newest'),
        ),
        migrations.AddConstraint(
            model_name='issueedition',
            constraint=models.UniqueConstraint(fields=('issue', 'number'), name='issue_edition_number_once'),
        ),
        migrations.AddConstraint(
            model_name='issueedition',
            constraint=models.CheckConstraint(condition=models.Q(('live_until', None), ('live_until__gte', models.F('live_from')), _connector='OR'), name='issue_edition_interval'),
        ),
        migrations.AddConstraint(
            model_name='issueedition',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), ('withdrawn_kind__in', ['our_error', 'rights', 'duplicate', 'other']), _connector='OR'), name='issue_edition_withdrawal_kind'),
        ),
        migrations.AddConstraint(
            model_name='keyword',
            constraint=models.CheckConstraint(condition=models.Q(('label_en', ''), ('label_zh', ''), _negated=True), name='keyword_has_a_label'),
        ),
        migrations.AddConstraint(
            model_name='keyword',
            constraint=models.UniqueConstraint(condition=models.Q(('merged_into', None), models.Q(('label_zh', ''), _negated=True)), fields=('label_zh',), name='one_keyword_a_chinese_label'),
        ),
        migrations.AddConstraint(
            model_name='keyword',
            constraint=models.UniqueConstraint(condition=models.Q(('merged_into', None), models.Q(('label_en', ''), _negated=True)), fields=('label_en',), name='one_keyword_an_english_label'),
        ),
        migrations.AddIndex(
            model_name='editionkeyword',
            index=models.Index(fields=['keyword', '-published_at', '-edition'], name='keyword_newest'),
        ),
        migrations.AddIndex(
            model_name='editionkeyword',
            index=models.Index(fields=['keyword', '-article_date', '-edition'], name='keyword_by_date'),
        ),
        migrations.AddConstraint(
            model_name='editionkeyword',
            constraint=models.UniqueConstraint(fields=('edition', 'keyword'), name='edition_keyword_once'),
        ),
        migrations.AddConstraint(
            model_name='briefkeyword',
            constraint=models.UniqueConstraint(fields=('brief', 'keyword'), name='brief_keyword_once'),
        ),
        migrations.AddIndex(
            model_name='mailing',
            index=models.Index(condition=models.Q(('state__in', ['queued', 'running', 'paused'])), fields=['due_at'], name='mailing_open'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('edition', None), ('issue_edition__isnull', False), ('kind', 'issue')), models.Q(('edition__isnull', False), ('issue_edition', None), ('kind', 'correction')), _connector='OR'), name='mailing_subject'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'stopped'), _negated=True), fields=('issue_edition',), name='mailing_once_an_issue_edition'),
        ),
        migrations.AddConstraint(
            model_name='mailingedition',
            constraint=models.UniqueConstraint(fields=('mailing', 'edition'), name='mailing_edition_once'),
        ),
        migrations.AddConstraint(
            model_name='mailswitch',
            constraint=models.UniqueConstraint(fields=('person', 'kind'), name='mail_switch_once'),
        ),
        migrations.AddConstraint(
            model_name='memorypair',
            constraint=models.UniqueConstraint(fields=('edition', 'number'), name='memory_pair_once'),
        ),
        migrations.AddIndex(
            model_name='memorykey',
            index=models.Index(fields=['side', 'key'], name='memory_by_key'),
        ),
        migrations.AddIndex(
            model_name='original',
            index=models.Index(fields=['delete_on'], name='original_due'),
        ),
        migrations.AddConstraint(
            model_name='original',
            constraint=models.UniqueConstraint(fields=('brief', 'sha256'), name='original_once'),
        ),
        migrations.AddIndex(
            model_name='outbox',
            index=models.Index(condition=models.Q(('cancelled_at', None), ('sent_at', None)), fields=['due_at'], name='outbox_due'),
        ),
        migrations.AddIndex(
            model_name='outbox',
            index=models.Index(fields=['to', '-due_at', '-id'], name='outbox_inbox'),
        ),
        migrations.AddIndex(
            model_name='outbox',
            index=models.Index(condition=models.Q(('read_at', None)), fields=['to'], name='outbox_unread'),
        ),
        migrations.AddIndex(
            model_name='presence',
            index=models.Index(fields=['seen_at'], name='presence_by_time'),
        ),
        migrations.AddConstraint(
            model_name='presence',
            constraint=models.UniqueConstraint(fields=('brief', 'person', 'page'), name='presence_once'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('sender', ''), _negated=True), fields=['sender'], name='letter_by_sender'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('handled_at', None)), fields=['id'], name='letter_open'),
        ),
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('told_at', None)), fields=['id'], name='letter_untold'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('edition', None), ('kind', 'remark'), ('link__isnull', False)), models.Q(('edition__isnull', False), ('kind', 'report'), ('link', None)), _connector='OR'), name='letter_came_by_one_way'),
        ),
        migrations.AddIndex(
            model_name='revision',
            index=models.Index(condition=models.Q(('document_lines', ''), _negated=True), fields=['document_lines'], name='revision_by_lines'),
        ),
        migrations.AddIndex(
            model_name='revision',
            index=models.Index(condition=models.Q(('document_article', ''), _negated=True), fields=['document_article'], name='revision_by_article'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(fields=('brief', 'number'), name='revision_number_once'),
        ),
        migrations.AddConstraint(
            model_name='previewlink',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('at'))), name='preview_link_dies'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(fields=['-published_at', '-id', 'live_from', 'live_until', 'withdrawn_at', 'removed_at', 'brief'], name='edition_newest'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(fields=['slug', 'live_from'], name='edition_by_slug'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(fields=['brief', 'live_from', 'live_until', 'withdrawn_at', 'removed_at'], name='edition_by_brief'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(fields=['live_from'], name='edition_by_time'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(condition=models.Q(('live_until__isnull', False)), fields=['live_until'], name='edition_by_end'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(fields=['id', 'live_from', 'live_until', 'withdrawn_at', 'removed_at'], name='edition_listing'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', False)), fields=['live_from', 'brief'], name='edition_withdrawn'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(condition=models.Q(('removed_at__isnull', False)), fields=['live_from', 'brief'], name='edition_removed'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(condition=models.Q(('was_withdrawn_at__isnull', False)), fields=['was_withdrawn_at'], name='edition_was_withdrawn'),
        ),
        migrations.AddIndex(
            model_name='edition',
            index=models.Index(django.db.models.functions.comparison.Greatest(models.F('live_from'), django.db.models.functions.comparison.Coalesce('withdrawn_at', 'live_from'), django.db.models.functions.comparison.Coalesce('removed_at', 'live_from'), django.db.models.functions.comparison.Coalesce('reinstated_at', 'live_from')), models.F('id'), name='edition_by_change'),
        ),
        migrations.AddConstraint(
            model_name='edition',
            constraint=models.UniqueConstraint(fields=('brief', 'number'), name='edition_number_once'),
        ),
        migrations.AddConstraint(
            model_name='edition',
            constraint=models.CheckConstraint(condition=models.Q(('live_until', None), ('live_until__gte', models.F('live_from')), _connector='OR'), name='edition_interval'),
        ),
        migrations.AddConstraint(
            model_name='edition',
            constraint=models.CheckConstraint(condition=models.Q(('published_at__lte', models.F('live_from'))), name='edition_published_first'),
        ),
        migrations.AddConstraint(
            model_name='edition',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), ('withdrawn_kind__in', ['our_error', 'rights', 'duplicate', 'other']), _connector='OR'), name='edition_withdrawal_kind'),
        ),
        migrations.AddConstraint(
            model_name='rowkey',
            constraint=models.UniqueConstraint(fields=('brief', 'key'), name='row_key_once'),
        ),
        migrations.AddIndex(
            model_name='signoff',
            index=models.Index(fields=['page'], name='signoff_by_page'),
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.CheckConstraint(condition=models.Q(('leaf__in', ('zh', 'en', 'common'))), name='signoff_leaf'),
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ('yes', 'no', 'taken_back'))), name='signoff_answer'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.UniqueConstraint(condition=models.Q(('merged_into', None)), fields=('name',), name='one_source_a_name'),
        ),
        migrations.AddIndex(
            model_name='brief',
            index=models.Index(fields=['state', '-updated_at', '-id'], name='brief_by_state'),
        ),
        migrations.AddIndex(
            model_name='brief',
            index=models.Index(fields=['-updated_at', '-id'], name='brief_by_change'),
        ),
        migrations.AddIndex(
            model_name='brief',
            index=models.Index(fields=['source', '-updated_at', '-id'], name='brief_by_source'),
        ),
        migrations.AddIndex(
            model_name='brief',
            index=models.Index(condition=models.Q(('article_key', ''), _negated=True), fields=['article_key'], name='brief_by_article'),
        ),
        migrations.AddConstraint(
            model_name='brief',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'in_review', 'approved', 'discarded'])), name='brief_state'),
        ),
        migrations.AddConstraint(
            model_name='brief',
            constraint=models.CheckConstraint(condition=models.Q(('article_date_precision__in', ['day', 'month', 'issue'])), name='brief_date_precision'),
        ),
        migrations.AddConstraint(
            model_name='brief',
            constraint=models.CheckConstraint(condition=models.Q(('next_number__gte', 1), ('version__gte', 1)), name='brief_counters'),
        ),
        migrations.AddIndex(
            model_name='copy',
            index=models.Index(fields=['mailing', 'stage', 'id'], name='copy_by_stage'),
        ),
        migrations.AddConstraint(
            model_name='copy',
            constraint=models.UniqueConstraint(fields=('mailing', 'reader_no'), name='copy_once'),
        ),
        migrations.AddConstraint(
            model_name='copy',
            constraint=models.UniqueConstraint(condition=models.Q(('token_hash', ''), _negated=True), fields=('token_hash',), name='copy_token_once'),
        ),
        migrations.AddConstraint(
            model_name='suggestion',
            constraint=models.CheckConstraint(condition=models.Q(('side__in', ('zh', 'en'))), name='suggestion_side'),
        ),
        migrations.AddIndex(
            model_name='editionterm',
            index=models.Index(fields=['term', '-published_at', '-edition'], name='term_newest'),
        ),
        migrations.AddConstraint(
            model_name='editionterm',
            constraint=models.UniqueConstraint(fields=('edition', 'term'), name='edition_term_once'),
        ),
        migrations.AddIndex(
            model_name='editionplace',
            index=models.Index(fields=['article_date'], name='place_by_date'),
        ),
        migrations.AddIndex(
            model_name='editionplace',
            index=models.Index(fields=['article_month', '-article_date', '-edition'], name='place_by_month'),
        ),
        migrations.AddIndex(
            model_name='editionplace',
            index=models.Index(fields=['source', '-published_at', '-edition'], name='place_by_source'),
        ),
        migrations.AddIndex(
            model_name='editionplace',
            index=models.Index(fields=['source', '-article_date', '-edition'], name='place_by_source_date'),
        ),
        migrations.AddIndex(
            model_name='editionplace',
            index=models.Index(condition=models.Q(('picture', ''), _negated=True), fields=['picture'], name='place_by_picture'),
        ),
        migrations.RunPython(add_public_interval_constraint),
        migrations.RunPython(add_search_tables),
        migrations.RunPython(record_analyser_version),
    ]
