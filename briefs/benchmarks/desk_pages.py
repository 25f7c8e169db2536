"""Measure the CPU time and the queries of the requests that editors send all day.

    uv run python -m briefs.benchmarks.desk_pages [N]

Uses a fresh SQLite file with 2 N drafts, half with 30 bullets and half with 8. Each action is a request of
Django's test client (middleware, view, template) to a different brief; the result is the median of N, also as
a ratio to a view that returns a constant (`/robots.txt`).
"""

import sys
from collections.abc import Callable
from statistics import median
from typing import Any

from .fresh_site import CONSTANT, describe_machine, fresh_site, measure_cpu

LONG_BRIEF_BULLETS, SHORT_BRIEF_BULLETS = 30, 8
GOALS = {"open": 40, "save": 40, "autosave": 0, "approve": 25}
"""Milliseconds of CPU time; 0 means no goal."""
QUERIES_GOAL = 25


def main(n: int) -> None:
    with fresh_site():
        from briefs.installation import load_missing_rows

        load_missing_rows("vocabulary.json")
        base, found = measure(n)
    print(f"{describe_machine()}, {n} briefs a row")
    print(f"{'':<28}{'ms CPU':>10}{'× constant':>12}{'questions':>11}{'goal':>8}")
    print(f"{'constant':<28}{base * 1e3:>10.2f}{1:>12.1f}")
    for label, (seconds, questions) in found.items():
        goal = GOALS[label.partition(",")[0]]
        print(
            f"{label:<28}{seconds * 1e3:>10.1f}{seconds / base:>12.1f}{questions:>11}{f'{goal} ms' if goal else '–':>8}"
        )
    print(f"goal for the questions of opening: {QUERIES_GOAL}")


def measure(n: int) -> tuple[float, dict[str, tuple[float, int]]]:
    """Return the seconds of the constant view, and by action and length the seconds and number of queries."""
    from django.test import Client

    from briefs.content import Bullet
    from briefs.models import Brief
    from briefs.tests.support import factories
    from briefs.tests.support.form_client import Form, brief_url, get_verb_form, sign_in

    team, found = factories.Team(), {}
    writer, publisher = sign_in(Client(), team.writer), sign_in(Client(), team.publisher)
    base: list[float] = []
    for size in (SHORT_BRIEF_BULLETS, LONG_BRIEF_BULLETS):
        acts: dict[str, list[tuple[float, int]]] = {act: [] for act in GOALS}

        def request(act: str, client: Client, url: str, data: Any = None, acts: Any = acts) -> str:
            send = client.get if data is None else client.post
            seconds, questions, answer = measure_request(lambda: send(url, data))
            acts[act].append((seconds, questions))
            return answer.content.decode()

        for i in range(n + 1):  # the first run is a warm-up
            base += [measure_request(lambda: writer.get(CONSTANT))[0] for _ in range(20)]
            bullets = tuple(Bullet(0, f"第 {i} 篇第 {k} 點談 {k * 7} 億美元的晶片投資。", f"Point {k} of brief {i} is about ${k * 7} billion for chips.") for k in range(size))  # fmt: skip
            brief = factories.draft_brief(team, factories.content(f"-{size}-{i}", bullets=bullets))
            form = Form(request("open", writer, brief_url(brief)))
            data = form.data_with(headline_en=f"Saved {i}", text_en__b1=f"Another point {i}.")
            request("save", writer, brief_url(brief), data)
            form = Form(writer.get(brief_url(brief)).content.decode())
            data = form.data_with(summary_en=f"Saved by itself {i}.")
            request("autosave", writer, brief_url(brief, "autosave"), data)
            factories.workflow.submit(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
            factories.sign_off(brief, team.reviewer)
            data = get_verb_form(publisher, brief, "approve").data
            request("approve", publisher, brief_url(brief, "approve"), data)
            assert Brief.objects.get(pk=brief.pk).state == "approved"
        for act, times in acts.items():
            found[f"{act}, {size} bullets"] = (median(t[0] for t in times[1:]), max(t[1] for t in times[1:]))
    return median(base), found


def measure_request(send_request: Callable[[], Any]) -> tuple[float, int, Any]:
    """Return the CPU time of one request, its number of queries, and the response."""
    from django.db import connection

    asked = 0

    def count(execute: Any, *args: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*args)

    with connection.execute_wrapper(count):
        seconds, answer = measure_cpu(send_request)
    assert answer.status_code in (200, 302), answer.content.decode()[:500]
    return seconds, asked, answer


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
