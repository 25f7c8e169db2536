"""The tests' ground: a database file of their own, and guards that survive a flush."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import TransactionTestCase, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from briefs import search
from briefs.database import guards

from .support import factories

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SEED = FIXTURES / "seeds" / "000_a01fbe574e0e12f3.txt"


def _migrated_database(place: Path) -> Path:
    """Return a SQLite file with every migration applied, which the first process of the session to come makes."""
    with Path(place, "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Path(place, "migrated.sqlite3")
        if not made.exists():
            name, own = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
            connection.settings_dict["TEST"]["NAME"] = str(place / "unfinished.sqlite3")
            connection.creation.create_test_db(verbosity=0, autoclobber=True)
            connection.close()
            Path(connection.settings_dict["NAME"]).rename(made)
            settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
            connection.settings_dict["TEST"]["NAME"] = own
    return made


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """Keep the copy that `django_db_modify_db_settings` makes; its folder is removed with it."""
    return django_db_keepdb or connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_use_migrations: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Give each process a SQLite *file*: the threads of a live server share an in-memory connection and break.

    Migrating takes 3 s, so it is done once a session and copied.
    """
    if connection.vendor != "sqlite":
        yield
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    base = tmp_path_factory.getbasetemp()
    with tempfile.TemporaryDirectory(prefix="digest-test-") as folder:
        own = Path(folder, f"test{worker}.sqlite3")
        if django_db_use_migrations:
            with django_db_blocker.unblock():
                shutil.copyfile(_migrated_database(base.parent if worker else base), own)
        connection.settings_dict["TEST"]["NAME"] = str(own)
        yield


@pytest.fixture(scope="session", autouse=True)
def _flush_without_guards() -> Iterator[None]:
    """Between transactional tests the tables are emptied; frozen ones refuse that while they are guarded."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        for each in connections.all():
            guards.remove_guards(each)
        try:
            flush(case)
            for name in (search.EDITION_INDEX, search.DRAFT_INDEX):  # no models: a flush does not know them
                search.get_store(name).clear()
        finally:
            for each in connections.all():
                guards.install_guards(each)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _separate_media_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    place = {
        "default": {
            **settings.STORAGES["default"],
            "OPTIONS": {"location": str(tmp_path_factory.mktemp("media"))},
        }
    }
    with override_settings(STORAGES={**settings.STORAGES, **place}):
        yield


@pytest.fixture(scope="session", autouse=True)
def _cache_static_files() -> Iterator[None]:
    """Keep what WhiteNoise finds of the 180 static files, which each new client would look for anew, 12 ms long."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    read = WhiteNoiseMiddleware.add_files_from_finders

    def add(self: Any) -> None:
        key = (self.static_prefix, self.max_age, *map(str, (settings.STORAGES, settings.STATICFILES_DIRS)))
        if key not in found:
            before = dict(self.files)
            read(self)
            found[key] = {url: file for url, file in self.files.items() if before.get(url) is not file}
        self.files.update(found[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add)
        yield


@pytest.fixture(scope="session", autouse=True)
def _fast_password_hasher() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def _no_search_limit() -> None:
    """The limit has tests of its own."""
    settings.DIGEST_SEARCH_LIMIT = 1_000_000


@pytest.fixture
def team() -> factories.Team:
    return factories.Team()


@pytest.fixture
def seed() -> bytes:
    return SEED.read_bytes()


@pytest.fixture
def editable_urlpatterns(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[list[Any]]:
    """The site's own routes and whatever a test adds to them."""
    from digest.urls import urlpatterns

    module = ModuleType("another_urlconf")
    module.urlpatterns = [*urlpatterns]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.ROOT_URLCONF = module.__name__
    return module.urlpatterns  # type: ignore[attr-defined, no-any-return]


@pytest.fixture(scope="module")
def scenario(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The ground of the permission matrix: built once and undone after the module; each knock undoes its own."""
    from .support.permission_fixtures import PermissionScenario

    with django_db_blocker.unblock(), transaction.atomic():
        yield PermissionScenario()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A brief of every kind, each word of it a canary: built once and undone after the module; each test undoes its own."""
    from .support.people import WORLD_BUILDERS
    from .support.state_model import START, World

    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(START, tick=False) as clock:
            made = World(clock, WORLD_BUILDERS)
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def clock(world: Any) -> Iterator[Any]:
    """The moment at which the world was built; a test may move it."""
    with time_machine.travel(world.now, tick=False) as travelling:
        yield travelling


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from .support import browser_tabs

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop in this thread
        with browser_tabs.sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(browser_tabs.CHROMIUM), args=browser_tabs.CHROMIUM_ARGS
            )
            yield browser
            browser.close()
