"""A site with work of every kind open, kept as an archive: each version restores the archive of the version before.

Run as a module with the path of the new archive. The pages at that time are stored beside it.
"""

import datetime as dt
import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

KEY: Final = "the key of the archives from which upgrades are tested, and of no site"
MADE_AT: Final = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)
DUE_AT: Final = MADE_AT + dt.timedelta(days=1)
PATHS: Final = tuple(f"/{code}/briefs/a-headline-live.md" for code in ("zh-hant", "en"))
"""Pages whose form does not change with the design."""
SCHEDULED: Final = ("/en/briefs/a-headline-scheduled/", "/en/issues/2/")


def build_site() -> None:
    """Store briefs, issues and subscribers by the real verbs."""
    from allauth.mfa.models import Authenticator

    from briefs import workflow
    from briefs.content import hash_json
    from briefs.operations.accounts import second_factor
    from briefs.workflow.review_comments import TextAnchor

    from . import factories, issue_factories, mailing_fixtures

    team = factories.Team()
    secret = second_factor.encrypt("a secret")
    Authenticator.objects.create(user=team.publisher, type=Authenticator.Type.TOTP, data={"secret": secret})
    mailing_fixtures.subscribe(3)
    live = factories.live_brief(team, factories.content(" live"))
    workflow.revise(live, by=team.writer, version=live.version)
    live = factories.edit(
        live, team.writer, summary_en="A corrected summary.", **factories.change_note("correction")
    )
    workflow.submit(live, by=team.writer, version=live.version)
    factories.sign_off(live, team.reviewer)
    factories.approve(live, team.publisher)
    factories.draft_brief(team, factories.content(" draft"))
    review = factories.submitted_brief(team, factories.content(" review"))
    factories.sign_off(review, team.reviewer, "zh")
    workflow.reviewing.add_note(review, "Which year?", by=team.reviewer)
    seen = hash_json(factories.load_content(review).summary_en)
    workflow.review_comments.suggest(
        review, TextAnchor("summary"), "en", "A better one.", by=team.reviewer_en, seen=seen
    )
    factories.approve(
        factories.signed_brief(team, factories.content(" scheduled")), team.publisher, at=DUE_AT
    )
    issue_factories.published_issue(team, live)
    issue_factories.published_issue(team, live, at=DUE_AT)


def read_pages() -> dict[str, str]:
    from django.test import Client

    return {path: Client().get(path).content.decode() for path in PATHS}


def _write_archive(path: Path) -> None:
    """Write the archive without its native dump, which is larger than all else and is not read by a restore."""
    from django.conf import settings

    from briefs.operations.backup import archive_writer, backup_archive

    whole = path.with_suffix(".whole.zip")
    manifest = archive_writer.write_backup(whole, settings.VERSION)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in list(manifest.members):
            member = manifest.members.pop(name)
            if not name.startswith("native/"):
                new.writestr(name, old.read(name))
                manifest.members[name] = member
        new.writestr(backup_archive.MANIFEST, manifest.as_json())
        new.comment = b"0" * backup_archive.SEAL_LENGTH
    archive_writer.seal(path)
    whole.unlink()


def _main(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "digest.settings",
            "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
            "MEDIA_STORAGE": f"file://{folder}/media",
            "SITE_URL": "http://127.0.0.1:8000",
            "SECRET_KEY": KEY,
        }
        import django
        import time_machine
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        django.setup()
        setup_test_environment()
        with time_machine.travel(MADE_AT, tick=False):
            call_command("migrate", verbosity=0)
            build_site()
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_archive(path)
            pages = json.dumps(read_pages(), ensure_ascii=False, indent=1)
            path.with_suffix(".json").write_text(f"{pages}\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
