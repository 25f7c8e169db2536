"""A site of its own, and processes that write to it or look at it. Each process runs this module."""

import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any


@dataclass(frozen=True)
class Site:
    """A database and a media folder. `url`: its DATABASE_URL."""

    url: str
    media: Path

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def environment(self) -> dict[str, str]:
        local = {"SITE_URL": "http://127.0.0.1:8000", "DJANGO_SETTINGS_MODULE": "digest.settings"}
        return {**os.environ, **local, "DATABASE_URL": self.url, "MEDIA_STORAGE": f"file://{self.media}"}

    def manage(self, *command: str, typed: str = "", full_disk: bool = False) -> str:
        """Run a command of manage.py. Return what it printed, also if it failed.

        On a full disk no file may grow, as far as the process can tell.
        """
        arguments = ["prlimit", "--fsize=0"] * full_disk + [sys.executable, "manage.py", *command]
        done = subprocess.run(arguments, env=self.environment, input=typed, capture_output=True, text=True)
        return f"{done.stdout}{done.stderr}exit {done.returncode}"

    def copy_tables(self, migrated_file: Path) -> None:
        """Begin a SQLite file with all tables, which `setup` would take ten seconds to make. A server begins empty."""
        if self.url.startswith("sqlite"):
            shutil.copy(migrated_file, self.file)

    def set_up(self, migrated_file: Path) -> None:
        """Create tables, roles, a person with every role, and a team of writers."""
        self.copy_tables(migrated_file)
        done = self.manage(
            "setup", "--username", "root", "--password-stdin", typed="a long enough passphrase\n"
        )
        assert done.endswith("exit 0"), done
        self.ask("team")

    def ask(self, act: str) -> Any:
        """Return the result of one of ACTS."""
        with self.running(act) as process:
            return json.loads(process.communicate()[0])

    @contextmanager
    def running(self, act: str) -> Iterator["subprocess.Popen[str]"]:
        """Run one of ACTS in a process of its own, until the end of the block if it is one that goes on."""
        command, pipe = [sys.executable, "-m", __name__, act], subprocess.PIPE
        with subprocess.Popen(command, env=self.environment, stdin=pipe, stdout=pipe, text=True) as process:
            yield process

    @contextmanager
    def being_written(self) -> Iterator[dict[str, int]]:
        """Save, publish and upload in processes of their own. At the end the yielded dict holds how often."""
        done: dict[str, int] = {}
        with ExitStack() as stack:
            writers = {act: stack.enter_context(self.running(act)) for act in ("save", "publish", "upload")}
            for process in writers.values():
                assert process.stdout.readline() == "1\n"
            yield done
            for act, process in writers.items():
                process.stdin.close()
                done[act] = int(process.stdout.read().split()[-1])
                assert process.wait() == 0


def hash_files(media: Path) -> dict[str, str]:
    """Return the sha256 of each media file by its name in an archive."""
    files = (file for file in media.rglob("*") if file.is_file())
    return {
        f"media/{file.relative_to(media).as_posix()}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


def _create_team() -> str:
    from briefs.tests.support import factories

    factories.Team()
    factories.facts()
    return "done"


def _hash_tables() -> dict[str, str]:
    from django.apps import apps

    from briefs.operations.backup import row_lines

    return {
        f"rows/{model._meta.label_lower}.jsonl": hashlib.sha256(
            b"".join(f"{line}\n".encode() for line in row_lines.read_lines(model))
        ).hexdigest()
        for model in row_lines.list_models(apps)
    }


def _open_desk() -> dict[str, Any]:
    """Return the session of a writer with two drafts, and the address of a live brief."""
    from django.conf import settings
    from django.test import Client

    from briefs.tests.support import factories
    from briefs.tests.support.form_client import sign_in

    team, client = factories.Team(), Client()
    drafts = [factories.draft_brief(team, factories.content(f" {n}")).pk for n in range(2)]
    live = factories.live_brief(team, factories.content(" live"))
    sign_in(client, team.writer)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {
        "cookies": {settings.SESSION_COOKIE_NAME: session},
        "drafts": drafts,
        "public": f"/en/briefs/{live.slug}/",
    }


def _list_saved_headlines() -> list[str]:
    from briefs.models import Revision

    return [revision.content["headline_en"] for revision in Revision.objects.order_by("pk")]


def _save(team: Any, n: int) -> None:
    from briefs.tests.support import factories

    brief = factories.draft_brief(team, factories.content(f" saved {n}"))
    factories.edit(brief, team.writer, summary_en=f"A summary, changed {n} times.")


def _publish(team: Any, n: int) -> None:
    from briefs.tests.support import factories

    factories.live_brief(team, factories.content(f" published {n}"))


def _upload(team: Any, n: int) -> None:
    from briefs.tests.support.picture_samples import photo
    from briefs.workflow.editing import store_picture

    store_picture(photo((640 + n // 256, 400), seed=n), by=team.writer)


def _write_until_stopped(write: Callable[[Any, int], None]) -> None:
    from briefs.models import Person

    team = SimpleNamespace(**{person.username.replace("-", "_"): person for person in Person.objects.all()})
    n = 0
    while not (n and select.select([sys.stdin], [], [], 0)[0]):
        n += 1
        write(team, n)
        _report(str(n))


ANSWERS: dict[str, Callable[[], object]] = {
    "team": _create_team,
    "tables": _hash_tables,
    "desk": _open_desk,
    "headlines": _list_saved_headlines,
}
WRITERS = {"save": _save, "publish": _publish, "upload": _upload}


def _report(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _main(act: str) -> None:
    import django

    django.setup()
    if act in ANSWERS:
        _report(json.dumps(ANSWERS[act]()))
    else:
        _write_until_stopped(WRITERS[act])


if __name__ == "__main__":
    _main(sys.argv[1])
