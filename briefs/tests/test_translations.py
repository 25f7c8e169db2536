"""The Chinese message catalogue is complete, consistent and compiled."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

CATALOGUE = Path(settings.BASE_DIR) / "briefs" / "locale" / "zh_Hant" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")


def catalogue_entries() -> list[tuple[str, str, str]]:
    """Return (msgid, plural or "", msgstr) of every message, parsed from the .po file's own format."""
    entries = []
    for block in CATALOGUE.read_text(encoding="utf-8").split("\n\n"):
        parts = {
            key: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body))
            for key, body in re.findall(
                r'^(msgid|msgid_plural|msgstr(?:\[0\])?) ((?:"(?:[^"\\]|\\.)*"\n?)+)', block + "\n", re.M
            )
        }
        if parts.get("msgid"):
            entries.append(
                (
                    parts["msgid"],
                    parts.get("msgid_plural", ""),
                    parts.get("msgstr", parts.get("msgstr[0]", "")),
                )
            )
    return entries


def test_every_message_is_translated() -> None:
    assert len(catalogue_entries()) > 300
    assert [msgid for msgid, _, msgstr in catalogue_entries() if not msgstr] == []
    assert "#, fuzzy" not in CATALOGUE.read_text(encoding="utf-8")


def test_translation_has_same_placeholders() -> None:
    for msgid, plural, msgstr in catalogue_entries():
        assert set(PLACEHOLDER.findall(msgstr)) == set(PLACEHOLDER.findall(plural or msgid)), msgid


def test_translations_use_taiwanese_terms_and_punctuation() -> None:
    """No words or marks that the style guide rules out, no half-width punctuation, no Simplified characters."""
    for msgid, _, msgstr in catalogue_entries():
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
