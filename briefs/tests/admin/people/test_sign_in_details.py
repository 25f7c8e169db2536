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
        "active, staff, Writers (is_active, groups, email)",
    ],
)
def test_detail_is_shown_in_chinese_with_no_english_but_the_names_of_roles(detail: str) -> None:
    with translation.override("zh-hant"):
        shown = translate_detail(detail)
    assert re.findall("[A-Za-z]+", shown) == re.findall("Writers", detail)
