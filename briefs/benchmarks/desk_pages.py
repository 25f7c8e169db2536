"""CPU time of what editors do all day, as ratios to a view that returns a constant, and the questions that a page asks.

    uv run python -m briefs.benchmarks.desk_pages [N]

A fresh SQLite file with 2 N drafts, half of them of 30 bullets, half of 8. Each act is a request of Django's test
client (middleware, view, template), the median of N, each of a brief of its own. The constant view stands in the same project, behind the same middleware.
"""

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

LONG_BRIEF_BULLETS, SHORT_BRIEF_BULLETS = 30, 8
GOALS = {"open": 40, "save": 40, "autosave": 0, "approve": 25}
"""Milliseconds; 0 is none."""
QUERIES_GOAL = 25


def main(n: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        os.environ["DATABASE_URL"] = f"sqlite:///{place}/benchmark.sqlite3"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from briefs.demo import load_missing_rows

        settings.ALLOWED_HOSTS = ["testserver"]
        settings.ROOT_URLCONF = "briefs.benchmarks.public_pages_urls"
        call_command("migrate", verbosity=0)
        load_missing_rows("vocabulary.json")
        base, found = measure(n)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {n} briefs a row"
    )
    print(f"{'':<28}{'ms CPU':>10}{'× constant':>12}{'questions':>11}{'goal':>8}")
    print(f"{'constant':<28}{base * 1e3:>10.2f}{1:>12.1f}")
    for label, (seconds, questions) in found.items():
        goal = GOALS[label.partition(",")[0]]
        print(
            f"{label:<28}{seconds * 1e3:>10.1f}{seconds / base:>12.1f}{questions:>11}{f'{goal} ms' if goal else '–':>8}"
        )
    print(f"goal for the questions of opening: {QUERIES_GOAL}")


def measure(n: int) -> tuple[float, dict[str, tuple[float, int]]]:
    """Seconds of the constant view, and by act and length seconds and questions."""
    from django.test import Client

    from briefs.content import Bullet
    from briefs.models import Brief
    from briefs.tests.support import factories
    from briefs.tests.support.form_client import Form, brief_url, get_verb_form, sign_in

    team, found = factories.Team(), {}
    writer, publisher = sign_in(Client(), team.writer), sign_in(Client(), team.publisher)
    base: list[float] = []
    for size in (SHORT_BRIEF_BULLETS, LONG_BRIEF_BULLETS):
        acts: dict[str, list[tuple[float, int, Any]]] = {act: [] for act in GOALS}
        for i in range(n + 1):  # the first warms up
            base += [measure_request(lambda: writer.get("/constant"))[0] for _ in range(20)]
            bullets = tuple(Bullet(0, f"第 {i} 篇第 {k} 點談 {k * 7} 億美元的晶片投資。", f"Point {k} of brief {i} is about ${k * 7} billion for chips.") for k in range(size))  # fmt: skip
            brief = factories.draft_brief(team, factories.content(f"-{size}-{i}", bullets=bullets))
            acts["open"].append(measure_request(lambda b=brief: writer.get(brief_url(b))))
            form = Form(acts["open"][-1][2].content.decode())
            data = form.data_with(headline_en=f"Saved {i}", text_en__b1=f"Another point {i}.")
            acts["save"].append(measure_request(lambda b=brief, d=data: writer.post(brief_url(b), d)))
            data = Form(writer.get(brief_url(brief)).content.decode()).data_with(
                summary_en=f"Saved by itself {i}."
            )
            acts["autosave"].append(
                measure_request(lambda b=brief, d=data: writer.post(brief_url(b, "autosave"), d))
            )
            factories.workflow.submit(brief, by=team.writer, version=Brief.objects.get(pk=brief.pk).version)
            factories.sign_off(brief, team.reviewer)
            data = get_verb_form(publisher, brief, "approve").data
            acts["approve"].append(
                measure_request(lambda b=brief, d=data: publisher.post(brief_url(b, "approve"), d))
            )
            assert Brief.objects.get(pk=brief.pk).state == "approved"
        for act, times in acts.items():
            found[f"{act}, {size} bullets"] = (median(t[0] for t in times[1:]), max(t[1] for t in times[1:]))
    return median(base), found


def measure_request(send_request: Callable[[], Any]) -> tuple[float, int, Any]:
    """Processor time of one request, how many questions it asked, and its answer."""
    from django.db import connection

    asked = 0

    def count(execute: Any, *args: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*args)

    with connection.execute_wrapper(count):
        before = time.process_time()
        answer = send_request()
        seconds = time.process_time() - before
    assert answer.status_code in (200, 302), answer.content.decode()[:500]
    return seconds, asked, answer


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
