"""Error reports to Sentry, if `SENTRY_DSN` is set: the position in the code, and no typed text."""

import logging
from typing import Any, Final

from .logs import request_id

_PLAIN: Final = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment")
_FRAME: Final = ("filename", "abs_path", "function", "module", "lineno", "context_line", "pre_context", "post_context", "in_app")  # fmt: skip


def start_reports(dsn: str, version: str, site: str, **options: Any) -> None:
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn,
        release=version,
        environment=site,
        default_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR),
            AtexitIntegration(callback=lambda pending, timeout: None),
        ],
        before_send=strip_event,
        include_local_variables=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        max_breadcrumbs=0,
        **options,
    )


def strip_event(event: Any, hint: Any = None) -> Any:
    """Build a new event from fields that hold no typed text. Messages of exceptions may quote it, so they are left out."""
    kept = {name: event[name] for name in _PLAIN if name in event}
    kept["tags"] = {"request": request_id.get()}
    if str(event.get("logger", "")).startswith(("briefs", "digest")) and "logentry" in event:
        kept["logentry"] = {"message": event["logentry"].get("message", "")}  # with %s, without the values
    kept["exception"] = {
        "values": [
            {
                "type": error.get("type"),
                "module": error.get("module"),
                "stacktrace": {
                    "frames": [
                        {name: frame[name] for name in _FRAME if name in frame}
                        for frame in (error.get("stacktrace") or {}).get("frames", [])
                    ]
                },
            }
            for error in event.get("exception", {}).get("values", [])
        ]
    }
    return kept if kept["exception"]["values"] or "logentry" in kept else None
