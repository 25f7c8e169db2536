"""Save every public address and every desk page to files, so that two versions of the code can be compared.

    uv run python -m briefs.tests.support.page_snapshot OUTPUT_DIR

Run it on both versions and compare with `diff -r`. It uses only models, commands and addresses of the project, so it
keeps working when anything else is renamed. The clock is frozen, random values are seeded and each request is rolled
back, so no page depends on another. A route without an example ends the run with an error.
"""

import hashlib
import io
import logging
import os
import re
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import django
import time_machine
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from .snapshot_forms import OWN_PAGE, forms_of, predict_chance

if TYPE_CHECKING:
    from .snapshot_world import World

MOMENT = "2026-07-15T10:00:00+08:00"
LANGUAGES = ("zh-hant", "en")
BUTTON_USERS = (("writer", "zh-hant"), ("reviewer-zh", "en"), ("publisher", "en"))
"""People who also press the buttons of every page, and their language."""
FORM_USERS = (("writer", "zh-hant"), ("publisher", "en"))
"""People who also send valid and invalid input to the editors' forms."""
MAX_FOLLOWED_LINKS = 3
"""Maximum number of links followed per page, of those that differ from its address only in the query."""
IGNORED_HEADERS = {"content-length", "date", "etag", "expires", "last-modified", "set-cookie"}
"""Headers that repeat the body or hold random values."""
RANDOM_VALUES: tuple[tuple[str, str], ...] = (
    (r'(name="(?:csrfmiddlewaretoken|authenticity_token)" value=")[^"]*', r"\1KEY"),
    (r'("csrf": ")[^"]*', r"\1KEY"),
    (r"nonce-[\w+/=-]+", "nonce-KEY"),
    (r'(nonce=")[^"]*', r"\1KEY"),
    (r"/static/[^\"'\s<>()&,;\\]+", "/static/FILE"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    (r"\b[0-9a-f]{32}\b", "KEY"),
    (r"/preview/[\w-]{43}/", "/preview/TOKEN/"),
)
TEXT = re.compile(r"text/|json|xml|javascript|x-research-info|bibtex")


def normalise(text: str) -> str:
    """Replace random values and names of static files."""
    for pattern, put in RANDOM_VALUES:
        text = re.sub(pattern, put, text)
    return text


def readable(body: bytes, kind: str) -> str:
    """Return a body as text: text as it is, a zip file by its members, anything else by its hash."""
    if TEXT.search(kind) and not body.startswith(b"PK"):
        return normalise(body.decode("utf-8", "backslashreplace"))
    if not body.startswith(b"PK"):
        return f"sha256 {hashlib.sha256(body).hexdigest()}, {len(body)} bytes"
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return "\n".join(f"## {name}\n{_member(archive.read(name))}" for name in sorted(archive.namelist()))


def _member(data: bytes) -> str:
    try:
        return normalise(data.decode())
    except UnicodeDecodeError:
        return f"sha256 {hashlib.sha256(data).hexdigest()}"


def file_name(label: str) -> str:
    """Return a portable file name, unique for each label."""
    name = quote(label.replace("/", "~"), safe="~?=&,+-. ")
    return name if len(name) < 150 else f"{name[:120]} {hashlib.sha256(label.encode()).hexdigest()[:12]}"


@dataclass
class Visitor:
    """One person in one language, whose answers go to one folder."""

    name: str
    who: str
    world: "World"
    folder: Path
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    _cookies: SimpleCookie = field(default_factory=SimpleCookie)

    def __post_init__(self) -> None:
        self.client = self.world.clients.get(self.who) or Client(raise_request_exception=False)
        self._cookies = SimpleCookie({name: morsel.value for name, morsel in self.client.cookies.items()})
        (self.folder / self.name).mkdir(parents=True)

    def ask(
        self, address: str, data: Any = None, *, label: str = "", headers: Mapping[str, str] | None = None
    ) -> Any:
        """Send one request and keep the answer. A POST comes a minute later than the page it is sent from."""
        label = label or f"{'GET' if data is None else 'POST'} {address}"
        with self._alone(label, wait=0 if data is None else 60):
            if data is None:
                response = self.client.get(address, headers=dict(headers or {}))
            else:
                response = self.client.post(address, data, headers={**OWN_PAGE, **(headers or {})})
            self._keep(label, response)
        return response

    def read(self, address: str) -> str:
        """Open a page without keeping it."""
        with self._alone(f"READ {address}", wait=0):
            return self.client.get(address).content.decode()

    @contextmanager
    def _alone(self, label: str, *, wait: int) -> Iterator[None]:
        """Undo what a request did: rows, cookies, counters in the cache, the clock."""
        predict_chance(f"{self.name} {label}")
        cache.clear()
        self.client.cookies = SimpleCookie({name: morsel.value for name, morsel in self._cookies.items()})
        self.world.clock.shift(wait)
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        self.world.clock.shift(-wait)

    def _keep(self, label: str, response: Any) -> None:
        body = b"".join(response.streaming_content) if response.streaming else response.content
        if response.status_code >= 500:
            self.broken.append(f"{self.name}: {label} answers {response.status_code}")
        headers = sorted(
            f"{name}: {value}" for name, value in response.items() if name.lower() not in IGNORED_HEADERS
        )
        storage = getattr(getattr(response, "wsgi_request", None), "_messages", None)
        messages = [
            f"Message: {message.level_tag} {message}" for message in getattr(storage, "_queued_messages", ())
        ]
        lines = [f"{response.status_code}", *map(normalise, [*headers, *messages]), ""]
        path = self.folder / self.name / file_name(normalise(self._with_names_of_tokens(label)))
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n" + readable(body, response.get("Content-Type", "")))
        self.counts[f"{response.status_code}"] += 1

    def _with_names_of_tokens(self, label: str) -> str:
        """Return the path with tokens and import ids replaced by names. `normalise` would make them all
        equal.
        """
        for number, token in enumerate(self.world.tokens):
            label = label.replace(token, f"token-{number}")
        for name, address in self.world.uploads.items():
            label = label.replace(address.rstrip("/").rpartition("/")[2], f"import-{name}")
        return label

    def look(self, addresses: Iterable[str], *, press: bool = False) -> None:
        """Visit addresses and a few of each page's links to itself. With `press`, also press every button."""
        seen = set(addresses := list(addresses))
        for address in addresses:
            page = self._page(address)
            own = re.escape(urlsplit(address).path)
            links = re.findall(rf'href="(?:{own})?(\?[^"#]+)"', page)
            more = [urlsplit(address).path + link.replace("&amp;", "&") for link in dict.fromkeys(links)]
            followed = [link for link in more if link not in seen][:MAX_FOLLOWED_LINKS]
            for link in followed:
                seen.add(link)
                self.ask(link)
            if press:
                self._press_all(page, address)

    def _page(self, address: str) -> str:
        response = self.ask(address)
        is_page = response.status_code == 200 and response.get("Content-Type", "").startswith("text/html")
        return response.content.decode() if is_page else ""

    def _press_all(self, page: str, address: str) -> None:
        for at, form in enumerate(forms_of(page, address)):
            for number, (target, data) in enumerate(form.presses()):
                self.ask(target.partition("#")[0], data, label=f"PRESS {address} {at}.{number} {target}")


def save_pages(folder: Path, world: "World") -> int:
    """Visit every page as every person, print what was saved and return the number of problems."""
    from briefs.models import Person

    from .snapshot_addresses import Addresses
    from .snapshot_posts import post_as_editor, post_as_reader

    addresses = Addresses(world)
    reader = Visitor("reader", "", world, folder)
    reader.look([*addresses.public(), "/admin/", "/admin/account/login/"], press=True)
    post_as_reader(reader)
    visitors = [reader]
    for language in LANGUAGES:
        Person.objects.update(language=language)
        for who in world.clients:
            visitor = Visitor(f"{who}.{language}", who, world, folder)
            visitor.look(addresses.desk(), press=(who, language) in BUTTON_USERS)
            if (who, language) in FORM_USERS:
                post_as_editor(visitor, addresses.desk())
            visitors.append(visitor)
    save_mails(folder)
    for visitor in visitors:
        print(
            f"{visitor.name:<22}{sum(visitor.counts.values()):>6} files  {dict(sorted(visitor.counts.items()))}"
        )
    problems = [f"no example of {route}" for route in addresses.missing]
    problems += [line for visitor in visitors for line in visitor.broken]
    print(*(problems or [f"Each of the {len(addresses.routes)} routes was visited."]), sep="\n")
    return len(problems)


def save_mails(folder: Path) -> None:
    """Send the notices that are due and keep every mail."""
    mail.outbox = []
    call_command("publish_due", stdout=io.StringIO())
    (folder / "mails").mkdir()
    for number, message in enumerate(mail.outbox):
        headers = [
            f"From: {message.from_email}",
            f"To: {', '.join(message.to)}",
            f"Subject: {message.subject}",
        ]
        more = [f"{name}: {value}" for name, value in sorted(message.extra_headers.items())]
        others = [part.content for part in getattr(message, "alternatives", ())]
        text = "\n".join([*headers, *more, "", str(message.body), *map(str, others)])
        (folder / "mails" / f"{number:03}").write_text(normalise(text), encoding="utf-8")


def main(folder: Path) -> int:
    """Set up an empty site in a temporary folder and save its pages."""
    if folder.exists() and any(folder.iterdir()):
        print(f"{folder} is not empty.")
        return 2
    with tempfile.TemporaryDirectory() as place, time_machine.travel(MOMENT, tick=False) as clock:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "digest.settings",
            "DATABASE_URL": f"sqlite:///{place}/snapshot.sqlite3",
            "MEDIA_STORAGE": f"file://{place}/media",
            "SECRET_KEY": "a key that everybody knows, for pages to compare",
            "SITE_URL": "http://127.0.0.1:8000",
            "DIGEST_SEARCH_SECONDS": "100000",
        }
        django.setup()
        settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
        logging.disable(logging.CRITICAL)
        from .snapshot_world import make_world

        return save_pages(folder, make_world(clock))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("One argument: the folder to write to.")
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
