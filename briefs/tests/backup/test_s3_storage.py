"""Media files in an S3-compatible bucket, tried against moto's server: stored, shown, backed up, restored."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client

from briefs import images, installation
from briefs.backup import backup_archive, restoration
from briefs.models import Edition
from briefs.tests.support import corpus_fixtures, factories
from briefs.tests.support.factories import Team
from briefs.tests.workflow.test_cover import upload_picture, with_picture

pytest.importorskip("boto3", reason="needs boto3: uv run --group s3 pytest -m heavy")
moto_server = pytest.importorskip("moto.server", reason="needs moto: uv run --group s3 pytest -m heavy")
from digest.s3_storage import S3Storage  # noqa: E402

pytestmark = [pytest.mark.heavy, pytest.mark.django_db(transaction=True), corpus_fixtures.NO_STATIC]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(autouse=True)
def _bucket(endpoint: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    options = {"bucket": "media", "region": "eu-west-1", "endpoint": endpoint}
    storage = {"BACKEND": "digest.s3_storage.S3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    where = {"LocationConstraint": "eu-west-1"}
    default_storage._client.create_bucket(Bucket="media", CreateBucketConfiguration=where)
    yield
    for name in list(backup_archive.list_media_names()):
        default_storage.delete(name)
    default_storage._client.delete_bucket(Bucket="media")


def publish_picture(team: Team) -> str:
    """Publish a brief with a picture. Return the name of one of its files."""
    row = upload_picture(team)
    factories.live_brief(team, with_picture(row))
    return images.picture_file_name(row.key, 320, "jpg")


def test_storage_keeps_private_files() -> None:
    assert default_storage.save("a/b.txt", ContentFile(b"one")) == "a/b.txt"
    assert default_storage.save("a/b.txt", ContentFile(b"three")) == "a/b.txt", "saving replaces"
    assert default_storage.open("a/b.txt").read() == b"three"
    assert default_storage.size("a/b.txt") == 5
    assert default_storage.exists("a/b.txt")
    assert default_storage.listdir("") == (["a"], [])
    assert default_storage.listdir("a") == ([], ["b.txt"])
    for attribute in (default_storage.url, default_storage.path):
        with pytest.raises(NotImplementedError):
            attribute("a/b.txt")
    for ungiven in ("open", "size"):
        with pytest.raises(FileNotFoundError):
            getattr(default_storage, ungiven)("a/none.txt")
    grants = default_storage._client.get_object_acl(Bucket="media", Key="a/b.txt")["Grants"]
    assert not [grant for grant in grants if "URI" in grant["Grantee"]], "nobody but the owner"
    default_storage.delete("a/b.txt")
    assert not default_storage.exists("a/b.txt")
    assert list(installation._media()) == []


def test_storage_that_is_away_is_an_os_error(
    client: Client, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = publish_picture(team)
    away = S3Storage("no-such-bucket", "eu-west-1", default_storage._endpoint)
    for module in (images, installation):
        monkeypatch.setattr(module, "default_storage", away)
    with pytest.raises(OSError, match="NoSuchBucket"):
        away.open("x")
    answer = client.get(f"/media/pictures/{name}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert len(list(installation._media())) == 1


def test_picture_is_served_backed_up_and_restored(client: Client, team: Team, tmp_path: Path) -> None:
    name = publish_picture(team)
    slug = Edition.objects.get().slug
    assert name in client.get(f"/en/briefs/{slug}/").content.decode()
    data = images.read(name)
    answer = client.get(f"/media/pictures/{name}")
    assert (answer.status_code, answer.content) == (200, data)
    call_command("backup", str(tmp_path / "site.zip"))
    manifest = backup_archive.read_manifest(tmp_path / "site.zip")
    stored = sorted(backup_archive.list_media_names())
    assert [f"media/{stored_name}" for stored_name in stored] == [
        n for n in manifest.members if n[:6] == "media/"
    ]
    for stored_name in stored:
        default_storage.delete(stored_name)
    assert client.get(f"/media/pictures/{name}").status_code == 404
    with zipfile.ZipFile(tmp_path / "site.zip") as archive:
        restoration._extract_media(archive, manifest, None)
    assert sorted(backup_archive.list_media_names()) == stored
    assert client.get(f"/media/pictures/{name}").content == data
