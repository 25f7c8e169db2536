"""Files and folders named on the command line: every name can be printed; other files are skipped or refused."""

import os
from pathlib import Path

import pytest

from briefs.exchange.intake import find_files
from briefs.models import Brief, Document
from briefs.tests.conftest import FIXTURES, SEED

from .test_importer import run_import

pytestmark = pytest.mark.django_db
SAMPLE = FIXTURES / "samples" / "02-critical-minerals.txt"


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("摘要.txt".encode("big5"), "摘要.txt"),
        ("关于经济的文件.txt".encode("gb18030"), "关于经济的文件.txt"),
        (b"caf\xe9.txt", "caf\\xe9.txt"),
        ("摘要.txt".encode(), "摘要.txt"),
    ],
)
def test_file_name_in_any_encoding_is_imported_and_printable(
    capsys, tmp_path: Path, name: bytes, printed: str
) -> None:
    folder = tmp_path / "夾"
    folder.mkdir()
    Path(os.fsdecode(bytes(folder) + b"/" + name)).write_bytes(SEED.read_bytes())
    (folder / "good.txt").write_bytes(SAMPLE.read_bytes())
    lines, code = run_import(capsys, str(folder))
    assert {(line["file"], line["status"]) for line in lines} == {
        (f"{folder}/{printed}", "created"),
        (f"{folder}/good.txt", "created"),
    }
    assert (code, Brief.objects.count()) == (0, 2)
    assert set(Document.objects.values_list("name", flat=True)) == {printed, "good.txt"}


def test_system_files_are_skipped_in_folders_only(capsys, tmp_path: Path) -> None:
    system_files = (
        "~$a.docx",
        ".DS_Store",
        "Thumbs.db",
        "thumbs.db",
        "desktop.ini",
        "._a.txt",
        "__MACOSX/a.txt",
    )
    for name in (*system_files, "sub/~$b.docx", "sub/__MACOSX/._b.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_bytes(b"\0\1\2")
    (tmp_path / "a.txt").write_bytes(SEED.read_bytes())
    lines, code = run_import(capsys, str(tmp_path))
    assert ([line["file"] for line in lines], code) == ([f"{tmp_path}/a.txt"], 0)
    lines, code = run_import(capsys, str(tmp_path / "~$a.docx"))
    assert ([line["status"] for line in lines], code) == (["refused"], 1)


def test_path_is_reported_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    (here / "mix" / "sub").mkdir(parents=True)
    (here / "mix" / "sub" / "a.txt").write_text("a", encoding="utf-8")
    monkeypatch.chdir(here)
    for given, expected in {
        "./mix": "./mix",
        "mix/": "mix",
        ".": "./mix",
        "../here/mix": "../here/mix",
    }.items():
        ((name, _),) = find_files([given])
        assert name == f"{expected}/sub/a.txt"


def test_pipe_is_refused_and_other_files_are_imported(capsys, tmp_path: Path) -> None:
    pipe, good = tmp_path / "pipe", tmp_path / "good.txt"
    os.mkfifo(pipe)
    good.write_bytes(SEED.read_bytes())
    lines, code = run_import(capsys, str(pipe), "/dev/zero", str(good))
    assert [line["status"] for line in lines] == ["refused", "refused", "created"]
    assert [line["error"] and line["error"]["code"] for line in lines] == ["unreadable", "unreadable", None]
    assert code == 1
