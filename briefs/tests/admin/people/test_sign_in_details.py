"""The log of sign-ins is stored in English and shown in the interface's language."""

import re

import pytest
from django.utils import translation

from briefs.admin.people.people_admin import translate_detail


@pytest.mark.parametrize(
    "detail",
    [
        "password, totp",
        "second factor",
        "added webauthn",
        "removed the second factors, ended 2 sessions",
        "asked for a new password",
        "sent a link to choose a password",
        "active, staff (is_active, groups, email)",
    ],
)
def test_detail_is_shown_in_chinese_without_english_words(detail: str) -> None:
    with translation.override("zh-hant"):
        shown = translate_detail(detail)
    assert not re.search("[A-Za-z]", shown), shown


def test_names_of_roles_stay() -> None:
    with translation.override("zh-hant"):
        assert "Writers" in translate_detail("active, staff, Writers (new)")
