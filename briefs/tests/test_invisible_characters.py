"""Characters that cannot be seen are removed at every entry, or reported by name where removal could change words."""

import re
import unicodedata

import pytest
from django.test import Client

from briefs.bilingual.checks import CheckContext, apply_edits, run_checks
from briefs.content import INVISIBLE, Bullet, Content, Facts, tidy, tidy_line
from briefs.exchange import intake
from briefs.models import Author, Brief
from briefs.tests.bilingual.checks.finding_messages import format_finding_message
from briefs.tests.support import factories
from briefs.tests.support.form_client import brief_url, get_brief_form, sign_in

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")

REMOVED = "\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200e\u200f\u202a\u202e\u2060\u2064\u2066\u2069\u206f\u3164\ufeff\uffa0\ufffb\U0001d173\U000e0001\U000e0041\U000e007f\U000e0fff"
REPORTED = "\u00ad\u200c\u200d\u180b\ufe00\ufe0f\U000e0100\U000e01ef"
VISIBLE_FORMAT_CHARACTERS = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]"
)


@pytest.mark.parametrize("character", REMOVED, ids=lambda c: f"{ord(c):04X}")
def test_character_without_meaning_is_removed(character: str) -> None:
    assert tidy(f"{character}Nor{character}th 中{character}國{character}\n{character}x") == "North 中國\nx"
    assert tidy_line(f"e{character}\u0301") == "é"


def test_every_format_character_is_removed_or_reported() -> None:
    invisible = re.compile(f"[{INVISIBLE}]")
    kept = [
        f"U+{code:04X}"
        for code in range(0x110000)
        if unicodedata.category(chr(code)) == "Cf"
        and not VISIBLE_FORMAT_CHARACTERS.match(chr(code))
        and not invisible.match(chr(code))
        and tidy(f"a{chr(code)}b") != "ab"
    ]
    assert kept == []
    assert [character for character in REPORTED if tidy(f"a{character}b") == "ab"] == []


@pytest.mark.parametrize("character", REPORTED, ids=lambda c: f"{ord(c):04X}")
def test_character_that_may_join_words_is_reported_by_name(character: str) -> None:
    content = Content(bullets=(Bullet(1, f"合{character}作", f"co{character}operate"),))
    findings = run_checks(content, CheckContext(), only=("form",))
    name = f"U+{ord(character):04X} {unicodedata.name(character)}"
    assert [(f.side, format_finding_message(f)) for f in findings] == [
        (side, f"A character here cannot be seen: {name}. Remove") for side in ("zh", "en")
    ]
    edits = [edit for finding in findings if finding.repair for edit in finding.repair.edits]
    assert apply_edits(content, edits) == Content(bullets=(Bullet(1, "合作", "cooperate"),))


def test_address_with_invisible_character_is_reported() -> None:
    content = Content(facts=Facts(url="https://a.example/\u00adx", archive_url="https://b.example/x"))
    messages = [format_finding_message(f) for f in run_checks(content, CheckContext(), only=("addresses",))]
    assert messages == ["The address has a character that cannot be seen: U+00AD SOFT HYPHEN. Remove it."]


@pytest.mark.django_db
def test_form_and_import_store_no_invisible_character(client: Client, team: factories.Team) -> None:
    brief = factories.draft_brief(team)
    sign_in(client, team.writer)
    form = get_brief_form(client, brief)
    values = {
        "headline_en": "Sup\u202eports\u200b",
        "url": "https://a.example/\u2066x",
        "doi": "10.1000/in\u00adter",
        "text_zh__b1": "反\U000e0041對",
    }
    assert client.post(brief_url(brief), form.data_with(**values)).status_code == 302
    stored = factories.load_content(brief)
    assert (stored.headline_en, stored.bullets[0].text_zh) == ("Supports", "反對")
    assert (stored.facts.url, stored.facts.doi) == ("https://a.example/x", "10.1000/inter")
    document = "Author(s): Ann\u202e Lee\nSource: X\nDate: 2025-06-09\n\nSummary:\nOne\u2066 two.\n"
    job = intake.create_import_job(actor=team.writer)
    (outcome,) = intake.import_documents([("a.txt", document.encode())], job)
    assert Brief.objects.get(pk=outcome.brief).summary_en == "One two."
    assert Author.objects.filter(name="Ann Lee").exists()
