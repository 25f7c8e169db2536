"""Database guards reject changes to frozen rows, by the ORM and by raw SQL, also after a migration or a flush."""

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from briefs.database import guards
from briefs.models import Brief, Document, Edition, Event, Person, Revision, SignOff, SiteVersion
from briefs.tests.support import filled_rows

pytestmark = pytest.mark.django_db


def create_frozen_rows() -> dict[type[models.Model], models.Model]:
    now = timezone.now()
    editor = Person.objects.create(username="w")
    approver = Person.objects.create(username="p")
    brief = Brief.objects.create(created_at=now, updated_at=now, updated_by=editor)
    document = Document.objects.create(name="a.txt", sha256="0" * 64, data=b"x", at=now, by=editor)
    hashes = {"hash_zh": "1", "hash_en": "2", "hash_common": "3"}
    revision = Revision.objects.create(
        brief=brief,
        number=1,
        content={},
        changed_zh=True,
        changed_en=True,
        changed_facts=True,
        by=editor,
        at=now,
        **hashes,
    )
    signoff = SignOff.objects.create(
        page=brief.page, revision=1, leaf="zh", hash="1", hash_common="3", answer="yes", by=approver, at=now
    )
    edition = Edition.objects.create(
        brief=brief, number=1, slug="a", revision=revision, content={}, published_at=now, live_from=now, approved_at=now,
        approved_by=approver, edited_by=editor, four_eyes=True, **hashes,
    )  # fmt: skip
    event = Event.objects.create(brief=brief, verb="submit", by=editor, at=now)
    return {type(row): row for row in (document, revision, signoff, edition, event)}


def is_rejected(sql: str, *values: object) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except IntegrityError:
        return True
    return False


def assert_frozen() -> None:
    frozen_rows = create_frozen_rows()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # without this, TRUNCATE fails on pending checks before it reaches the guard
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for model, row in frozen_rows.items():
        table = model._meta.db_table
        for field in model._meta.local_concrete_fields:
            if field.column in model.open_columns:
                continue
            new = (
                f'COALESCE("{field.column}", 0) + 1'
                if isinstance(field, (models.IntegerField, models.ForeignKey, models.AutoField))
                else None
            )
            if isinstance(field, models.BooleanField):
                new = f'NOT "{field.column}"'
            elif isinstance(field, models.DateTimeField):
                new = "'2001-01-01 00:00:00+00'"
            elif new is None:
                new = "'[1]'" if isinstance(field, models.JSONField) else "'xx'"
            assert is_rejected(f'UPDATE {table} SET "{field.column}" = {new} WHERE id = %s', row.pk), (
                table,
                field.column,
            )
        assert is_rejected(f"DELETE FROM {table} WHERE id = %s", row.pk), table
        if connection.vendor == "sqlite":
            columns = ", ".join(f'"{f.column}"' for f in model._meta.local_concrete_fields)
            assert is_rejected(
                f"REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE id = %s", row.pk
            ), table
        else:
            assert is_rejected(f"TRUNCATE {table} CASCADE"), table
        with pytest.raises((IntegrityError, models.ProtectedError)), transaction.atomic():
            row.delete()
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.filter(pk=row.pk)._raw_delete("default")


def test_frozen_rows_refuse_every_change() -> None:
    assert_frozen()


def test_rows_of_each_frozen_table_neither_change_nor_go() -> None:
    filled_rows.create_filled_rows()
    assert {model.__name__ for model in guards.frozen_models()} == {
        *("Document", "Draft", "Edition", "Event", "IssueEdition", "IssueItem", "IssueRevision", "Mailing"),
        *("MailingEdition", "Picture", "Revision", "SignInEvent", "SignOff"),
    }
    for model in guards.frozen_models():
        table = model._meta.db_table
        closed = {f.column for f in model._meta.local_concrete_fields if not f.primary_key} - {
            *model.open_columns
        }
        for act in (*(f'UPDATE {table} SET "{column}" = NULL' for column in closed), f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError, match=f"{table} is frozen"), transaction.atomic():
                connection.cursor().execute(act)


def test_overlapping_public_editions_are_rejected() -> None:
    first = create_frozen_rows()[Edition]
    values = {
        f.attname: getattr(first, f.attname) for f in Edition._meta.local_concrete_fields if f.name != "id"
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.create(**{**values, "number": 2})
    later = first.live_from + timezone.timedelta(days=1)
    Edition.objects.filter(pk=first.pk).update(live_until=later)
    second = Edition.objects.create(**{**values, "number": 2, "live_from": later})
    with pytest.raises(IntegrityError), transaction.atomic():
        Edition.objects.filter(pk=first.pk).update(live_until=None)
    Edition.objects.filter(pk=second.pk).update(live_until=later)
    Edition.objects.filter(pk=first.pk).update(live_until=None)


def test_missing_guards_are_reported_and_can_be_reinstalled() -> None:
    assert guards.find_missing_guards(connection) == []
    guards.remove_guards(connection)
    assert "frozen_briefs_edition_del" in guards.find_missing_guards(connection)
    assert guards.check_guards(databases=["default"])
    guards.install_guards(connection)
    assert guards.find_missing_guards(connection) == []


@pytest.mark.parametrize(
    ("plan", "are_missing", "is_renewed"),
    [([], False, False), ([], True, True), (["a migration"], False, True)],
)
def test_database_has_a_new_generation_if_its_guards_were_away(
    plan: list[str], are_missing: bool, is_renewed: bool
) -> None:
    """A name may have changed unrecorded meanwhile. `restore` ends with a `migrate` of a database without guards."""
    briefs, before = type("S", (), {"name": "briefs"}), SiteVersion.objects.get()
    if are_missing:
        guards.remove_guards(connection)
    guards.remove_before_migrate(briefs, using="default", plan=plan)
    assert bool(guards.find_missing_guards(connection)) == is_renewed
    guards.install_after_migrate(briefs, using="default", plan=plan)
    assert guards.find_missing_guards(connection) == []
    assert (SiteVersion.objects.get().generation != before.generation) == is_renewed
    assert before.generation


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_guards_survive_migrations_and_a_table_rebuild() -> None:
    from django.core.management import call_command

    call_command("migrate", "briefs", "0001", verbosity=0)
    call_command("migrate", verbosity=0)
    rebuild_edition_table()
    assert_frozen()


def rebuild_edition_table() -> None:
    field = models.CharField(max_length=9, default="")
    field.set_attributes_from_name("extra")
    guards.remove_before_migrate(type("S", (), {"name": "briefs"}), using="default")
    with connection.schema_editor() as editor:
        editor.add_field(Edition, field)
        editor.remove_field(Edition, field)
    guards.install_after_migrate(type("S", (), {"name": "briefs"}), using="default")
