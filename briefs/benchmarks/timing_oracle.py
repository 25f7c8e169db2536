"""Measure whether response time distinguishes a hidden brief from one that does not exist.

    uv run python -m briefs.benchmarks.timing_oracle [PAIRS]

Uses a fresh SQLite file with published, scheduled and unfinished briefs, and requests the same address of
both in turn. The result is the median difference of CPU time, and how often chance produces such a difference
(sign test). A brief counts as distinguishable if the difference is at least 5 ms and p < 0.001.
"""

import datetime as dt
import math
import sys
from io import StringIO
from statistics import median
from typing import Any

from .fresh_site import describe_machine, fresh_site, measure_cpu

BRIEF_SUBPATHS = ("", "parallel/", "cite.ris", "card.png", "report/")


def main(pairs: int) -> None:
    with fresh_site():
        from django.core.management import call_command

        call_command("load_sample_corpus", 200, stderr=StringIO(), stdout=StringIO())
        slugs = hidden_slugs()
        print(f"{describe_machine()}, {pairs} pairs a line")
        print(f"{'':<28}{'µs CPU':>10}{'median Δ µs':>14}{'p':>8}{'told apart':>13}")
        for name, slug in slugs.items():
            for door in BRIEF_SUBPATHS:
                usual, difference, chance = compare_timing(
                    f"/en/briefs/{slug}/{door}", f"/en/briefs/no-such-brief/{door}", pairs
                )
                apart = abs(difference) >= 5e-3 and chance < 0.001
                label = f"{name} {door or 'page'}"
                print(
                    f"{label:<28}{usual * 1e6:>10,.0f}{difference * 1e6:>14,.1f}{chance:>8.3f}{'yes' if apart else 'no':>13}"
                )


def hidden_slugs() -> dict[str, str]:
    """Return the slug of a scheduled brief, and the one that a draft would get, by state."""
    from django.utils import timezone

    from briefs.models import Brief
    from briefs.tests.support import factories

    team = factories.Team()
    scheduled = factories.signed_brief(team, factories.content("-scheduled"))
    factories.approve(scheduled, team.publisher, at=timezone.now() + dt.timedelta(days=9))
    draft = factories.draft_brief(team, factories.content("-draft"))
    return {
        "scheduled": str(Brief.objects.get(pk=scheduled.pk).slug),
        "draft": f"a-headline-draft-{draft.pk}",
    }


def compare_timing(hidden_address: str, missing_address: str, pairs: int) -> tuple[float, float, float]:
    """Return the median seconds of the missing address, the median difference, and the p-value."""
    from django.test import Client

    client, found, usual = Client(), [], []
    for k in range(pairs + 5):
        one, other = (hidden_address, missing_address) if k % 2 else (missing_address, hidden_address)
        times = {address: measure_request(client, address) for address in (one, other)}
        if k >= 5:  # the first five pairs are a warm-up
            found.append(times[hidden_address] - times[missing_address])
            usual.append(times[missing_address])
    return median(usual), median(found), sign_test_p_value(sum(d > 0 for d in found), pairs)


def measure_request(client: Any, address: str) -> float:
    passed, answer = measure_cpu(lambda: client.get(address))
    assert answer.status_code == 404, (address, answer.status_code)
    return passed


def sign_test_p_value(slower_count: int, pairs: int) -> float:
    """Return the two-sided p-value: how often a fair coin gives a result at least this uneven."""
    tail = sum(math.comb(pairs, k) for k in range(max(slower_count, pairs - slower_count), pairs + 1))
    return min(1.0, 2 * tail / 2**pairs)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
