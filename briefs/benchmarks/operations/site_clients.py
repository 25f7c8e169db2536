"""People at a running site, for the measurements of endurance: readers, and editors who save and approve.

They send the headers that the proxy in front of gunicorn would set, so they also work without one. A person's session
is made in the database: signing in has measurements of its own.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from statistics import quantiles
from typing import Any
from urllib.parse import quote, urlencode

from ..sign_in_client import HOST

CSRF = "c" * 32
LOST = 0
"""Status of a request that got no answer."""


@dataclass
class Answers:
    """What one kind of request got: status, seconds, and when it was sent and answered (`time.monotonic`)."""

    rows: list[tuple[int, float, float, float]] = field(default_factory=list)

    def add(self, status: int, due: float, sent: float) -> None:
        now = time.monotonic()
        self.rows.append((status, now - due, sent, now))

    def count_statuses(self) -> dict[int, int]:
        return dict(sorted(Counter(row[0] for row in self.rows).items()))

    def percentiles(self) -> tuple[float, float]:
        """Return p50 and p99 in milliseconds, counted from the time at which the request was due."""
        cuts = quantiles([row[1] * 1000 for row in self.rows] or [0, 0], n=100)
        return cuts[49], cuts[98]

    def list_failures(
        self, kills: Iterable[tuple[float, float]] = ()
    ) -> list[tuple[int, float, float, float]]:
        """Return the rows that failed, but for those that were in flight during one of these kills."""
        spans = list(kills)
        failed = [row for row in self.rows if not 200 <= row[0] < 400]
        return [row for row in failed if not any(row[2] <= end and begin <= row[3] for begin, end in spans)]


class Client:
    """One connection that is kept open, as a browser or a proxy does."""

    def __init__(self, port: int, session: str = "") -> None:
        self.port = port
        self.headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        if session:
            self.headers |= {
                "Cookie": f"__Host-desk={session}; __Host-csrf={CSRF}",
                "X-CSRFToken": CSRF,
                "Referer": f"https://{HOST}/admin/",
            }
        self._connection: http.client.HTTPConnection | None = None

    def request(self, path: str, data: Any = None, *, timeout: float = 60) -> tuple[int, str]:
        """Return status and body. No answer is `LOST` and why."""
        headers, body = dict(self.headers), None
        if data is not None:
            headers["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(data, doseq=True)
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            self._connection.request(
                "GET" if body is None else "POST", quote(path, safe="/?=&%+"), body, headers
            )
            response = self._connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = None
            return LOST, repr(error)


class Editor:
    """A writer with one draft open. `acknowledged`: the texts that the site said it saved."""

    def __init__(self, client: Client, brief: int) -> None:
        self.client, self.brief = client, brief
        self.acknowledged: list[str] = []
        self.data: dict[str, list[str]] = {}

    def open(self) -> int:
        from briefs.tests.support.form_client import Form

        status, page = self.client.request(f"/admin/briefs/brief/{self.brief}/change/?view=write")
        if status == 200:
            self.data = Form(page).data
        return status

    def save(self, text: str) -> int:
        """Save by itself, as the page does while one types. Return the status."""
        sent = self.data | {"summary_en": [text]}
        status, body = self.client.request(f"/admin/briefs/brief/{self.brief}/autosave/", sent)
        if status == 200:
            answer = json.loads(body)
            self.data = sent | {"version": [str(answer["version"])], "base": [str(answer["base"])]}
            self.acknowledged.append(text)
        return status

    def find_missing(self) -> list[str]:
        """Return the acknowledged texts that no stored revision has."""
        from briefs.models import Revision

        contents = Revision.objects.filter(brief=self.brief).values_list("content", flat=True)
        stored = {content["summary_en"] for content in contents}
        return [text for text in self.acknowledged if text not in stored]


def approve(client: Client, brief: int) -> int:
    """Open the page of the verb and approve. Return the status: 302 if it was done."""
    from briefs.tests.support.form_client import Form

    path = f"/admin/briefs/brief/{brief}/approve/"
    status, page = client.request(path)
    return client.request(path, Form(page, id=None).data_with(when="now"))[0] if status == 200 else status


def make_session(person: Any) -> str:
    from django.test import Client as TestClient

    browser = TestClient()
    browser.force_login(person)
    return browser.cookies["__Host-desk"].value


def make_editors(port: int, number: int, team: Any) -> list[Editor]:
    """Make as many editors as asked, each with a draft of 30 bullets and a session of the team's writer."""
    from briefs.content import Bullet
    from briefs.tests.support import factories

    editors = []
    for i in range(number):
        bullets = tuple(Bullet(0, f"第 {i} 篇第 {k} 點。", f"Point {k} of brief {i}.") for k in range(30))
        brief = factories.draft_brief(team, factories.content(f" of editor {i}", bullets=bullets))
        editors.append(Editor(Client(port, make_session(team.writer)), brief.pk))
    return editors


def run_at_rate(
    rate: float, ended: threading.Event, acts: Sequence[Callable[[int], int]], answers: Answers
) -> list[threading.Thread]:
    """Start a thread per act. Together they act `rate` times a second, whether or not the answers keep up."""
    start = time.monotonic()

    def run(place: int, act: Callable[[int], int]) -> None:
        for n in count():
            due = start + (place + n * len(acts)) / rate
            if ended.wait(max(0.0, due - time.monotonic())):
                return
            sent = time.monotonic()
            answers.add(act(n), due, sent)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    return threads


def read_pages(port: int, pages: Sequence[str]) -> Callable[[int], int]:
    client = Client(port)
    return lambda n: client.request(pages[n % len(pages)])[0]
