"""Counters for Prometheus, if `METRICS_BIND` is set: requests of all workers, and what `briefs.health` last measured.

With several workers, prometheus-client adds up files in `PROMETHEUS_MULTIPROC_DIR`, which deploy/gunicorn.conf.py makes
before this is imported. Only counters and histograms are kept there: they need no clean-up when a worker ends.
"""

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from briefs import health

if settings.METRICS_BIND:
    import prometheus_client as prometheus
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.multiprocess import MultiProcessCollector

    REQUESTS = prometheus.Counter("digest_requests", "Requests.", ["route", "status"], registry=None)
    SECONDS = prometheus.Histogram(
        "digest_request_seconds",
        "Seconds until the answer was made.",
        ["route"],
        registry=None,
        buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    )


def count_request(route: str, status: str, seconds: float) -> None:
    if settings.METRICS_BIND:
        REQUESTS.labels(route, status).inc()
        SECONDS.labels(route).observe(seconds)


class _HealthCollector:
    def collect(self) -> Iterator[Any]:
        status = health.read_status()
        parts = GaugeMetricFamily("digest_part_ok", "Whether a part of /readyz is fine.", labels=["part"])
        for part, fault in status.faults.items():
            parts.add_metric([part], 0 if fault else 1)
        yield parts
        for name, value in status.figures.items():
            yield GaugeMetricFamily(f"digest_{name}", name.replace("_", " "), value=value)


def render_metrics() -> bytes:
    registry: Any = prometheus.CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        collector: Any = MultiProcessCollector
        collector(registry)
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(_HealthCollector())
    return bytes(prometheus.generate_latest(registry))
