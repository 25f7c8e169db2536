"""The interface is complete in both languages."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

CATALOGUE = Path(settings.BASE_DIR) / "briefs" / "locale" / "zh_Hant" / "LC_MESSAGES" / "django.po"
HOLE = re.compile(r"%\((\w+)\)[sd]|%%")


def entries() -> list[tuple[str, str, str]]:
    """(msgid, plural or "", msgstr), by the file's own plain form."""
    found = []
    for block in CATALOGUE.read_text(encoding="utf-8").split("\n\n"):
        parts = {
            key: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body))
            for key, body in re.findall(
                r'^(msgid|msgid_plural|msgstr(?:\[0\])?) ((?:"(?:[^"\\]|\\.)*"\n?)+)', block + "\n", re.M
            )
        }
        if parts.get("msgid"):
            found.append(
                (
                    parts["msgid"],
                    parts.get("msgid_plural", ""),
                    parts.get("msgstr", parts.get("msgstr[0]", "")),
                )
            )
    return found


def test_every_message_is_translated() -> None:
    assert len(entries()) > 300
    assert [msgid for msgid, _, msgstr in entries() if not msgstr] == []
    assert "#, fuzzy" not in CATALOGUE.read_text(encoding="utf-8")


def test_translations_fill_the_same_holes() -> None:
    for msgid, plural, msgstr in entries():
        assert set(HOLE.findall(msgstr)) == set(HOLE.findall(plural or msgid)), msgid


def test_translations_are_taiwanese_and_calm() -> None:
    """Words and marks that the house decided against, and Simplified characters."""
    for msgid, _, msgstr in entries():
        assert not re.search(r"[!！]|成功|發佈|帳戶|登錄|保存|鏈接|默認|网|页|请|稿件为", msgstr), (
            msgid,
            msgstr,
        )
        assert not re.search(r"(?<=[\u4e00-\u9fff])[,;:?]", msgstr), (msgid, msgstr)


@pytest.mark.skipif(not CATALOGUE.exists(), reason="no catalogue")
def test_compiled_messages_are_current(tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    try:
        subprocess.run(["msgfmt", "-o", str(compiled), str(CATALOGUE)], check=True)
    except FileNotFoundError:
        pytest.skip("needs gettext's msgfmt")
    assert compiled.read_bytes() == CATALOGUE.with_suffix(".mo").read_bytes()
