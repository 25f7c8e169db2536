"""Store media files in a bucket of an S3-compatible service. All keys are private; views read and serve the files.

django-storages is not used, because its maintainer has said that he can no longer maintain it.
"""

import io
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

_PATIENCE: Final = {
    "connect_timeout": 2,
    "read_timeout": 10,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}
_ABSENT: Final = ("404", "NoSuchKey", "NotFound")
_creation = Lock()  # boto3 creates clients in one thread at a time; a client may be used by all


@deconstructible
class S3Storage(Storage):
    """A bucket. Failures raise OSError as a folder's do; a missing key raises FileNotFoundError.

    `region` and `endpoint` may be empty, and the credentials are boto3's: `AWS_ACCESS_KEY_ID` and
    `AWS_SECRET_ACCESS_KEY`, or the role of the machine. Files have no URL and no local path.
    """

    def __init__(self, bucket: str, region: str = "", endpoint: str = "") -> None:
        self._bucket, self._region, self._endpoint = bucket, region, endpoint

    @cached_property
    def _client(self) -> Any:
        with _creation:
            return boto3.session.Session().client(
                "s3",
                region_name=self._region or None,
                endpoint_url=self._endpoint or None,
                config=Config(**_PATIENCE),
            )

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if mode != "rb":
            raise ValueError(f"{name}: files can be read only, not opened as {mode!r}.")
        with _as_os_error(name):
            answer = self._client.get_object(Bucket=self._bucket, Key=name)
            return File(io.BytesIO(answer["Body"].read()), name)

    def _save(self, name: str, content: Any) -> str:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        content.seek(0)
        with _as_os_error(name):
            self._client.put_object(Bucket=self._bucket, Key=name, Body=content.read(), ContentType=kind)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return `name` unchanged: saving replaces an existing file in one step."""
        return name

    def delete(self, name: str) -> None:
        with _as_os_error(name):
            self._client.delete_object(Bucket=self._bucket, Key=name)

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with _as_os_error(name):
            return int(self._client.head_object(Bucket=self._bucket, Key=name)["ContentLength"])

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        prefix = f"{path.strip('/')}/" if path.strip("/") else ""
        folders, files = [], []
        with _as_os_error(path):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/"):
                folders += [row["Prefix"][len(prefix) : -1] for row in page.get("CommonPrefixes", ())]
                files += [
                    row["Key"][len(prefix) :] for row in page.get("Contents", ()) if row["Key"] != prefix
                ]
        return folders, files


@contextmanager
def _as_os_error(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            raise FileNotFoundError(name) from error
        raise OSError(f"{name}: {error}") from error
    except BotoCoreError as error:
        raise OSError(f"{name}: {error}") from error
