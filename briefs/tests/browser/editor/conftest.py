"""Fixtures of the editor's browser tests: a brief of three bullets, and editors that are open on it."""

from collections.abc import Iterator
from typing import Any

import pytest

from briefs.models import Brief
from briefs.tests.support import factories


@pytest.fixture
def brief(team: factories.Team) -> Brief:
    from briefs.tests.browser.editor_driver import THREE_BULLETS, bullets

    return factories.draft_brief(team, factories.content(bullets=bullets(*THREE_BULLETS)))


@pytest.fixture
def open_editors(chromium: Any, live_server: Any, brief: Brief) -> Iterator[Any]:
    from briefs.tests.browser.editor_driver import OpenEditors

    open_editors = OpenEditors(chromium, live_server.url, brief)
    yield open_editors
    for editor in open_editors.editors:
        assert editor.unexpected_messages() == []
        editor.page.context.close()


@pytest.fixture
def editor(chromium: Any, live_server: Any, team: factories.Team, brief: Brief) -> Iterator[Any]:
    """Open the brief in an editor; fail if the console has errors or warnings after the test."""
    from briefs.tests.browser.editor_driver import Editor

    editor = Editor(chromium, live_server.url, team.writer)
    editor.brief(brief)
    yield editor
    assert editor.unexpected_messages() == []
    editor.page.context.close()
