"""Count the files whose code runs in a request: what has to be read to understand it. Run with `-rP` for the lists."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest
from django.test import Client

from briefs.content import Bullet

from .support import factories
from .support.factories import Team
from .support.form_client import brief_url, get_brief_form, sign_in

BRIEFS = Path(__file__).resolve().parents[1]
OTHERS = ("tests", "migrations")
TOOL = 3
"""An id of `sys.monitoring` that neither coverage nor a profiler uses."""


def list_touched_files(act: Callable[[], object]) -> list[str]:
    """Run the act and return the files of the application, by path, in which a function began."""
    touched = set()

    def note_file(code: CodeType, _offset: int) -> object:
        touched.add(code.co_filename)
        return sys.monitoring.DISABLE

    sys.monitoring.use_tool_id(TOOL, "touched files")
    sys.monitoring.register_callback(TOOL, sys.monitoring.events.PY_START, note_file)
    sys.monitoring.set_events(TOOL, sys.monitoring.events.PY_START)
    try:
        act()
    finally:
        sys.monitoring.set_events(TOOL, 0)
        sys.monitoring.free_tool_id(TOOL)
    paths = (Path(name) for name in touched)
    own = (path.relative_to(BRIEFS) for path in paths if path.is_relative_to(BRIEFS))
    return sorted(path.as_posix() for path in own if path.parts[0] not in OTHERS)


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore:No directory at")
def test_autosave_of_nine_bullets_touches_at_most_seventy_five_files(team: Team, client: Client) -> None:
    sign_in(client, team.writer)
    bullets = tuple(Bullet(0, f"第 {n} 點。", f"Point {n}.") for n in range(1, 10))
    brief = factories.draft_brief(team, factories.content(bullets=bullets))
    form = get_brief_form(client, brief).data_with(text_zh__b2="第二點，改過。")
    answers = []
    touched = list_touched_files(lambda: answers.append(client.post(brief_url(brief, "autosave"), form)))
    print(len(touched), *touched, sep="\n")  # noqa: T201
    assert answers[0].status_code == 200, answers[0].content
    assert "workflow/concurrent_save.py" in touched
    assert len(touched) <= 75


@pytest.mark.django_db
def test_public_brief_touches_at_most_fifteen_files(team: Team, client: Client) -> None:
    brief = factories.live_brief(team)
    client.get("/zh-hant/")  # reads the list of addresses, and prepares queries
    client.get(f"/zh-hant/briefs/{brief.slug}/")
    touched = list_touched_files(lambda: client.get(f"/en/briefs/{brief.slug}/"))
    print(len(touched), *touched, sep="\n")  # noqa: T201
    assert "public/brief_answers.py" in touched
    assert len(touched) <= 15
