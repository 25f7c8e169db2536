"""Settings for `gunicorn digest.wsgi --config deploy/gunicorn.conf.py`. Command-line options take precedence.

The code is loaded once and shared by the workers. Objects loaded before the fork are exempt from garbage
collection, which would copy their memory pages: a busy worker uses 43 MB of its own instead of 79.
"""

import gc
import os
import sys
from typing import Any

sys.path.insert(0, os.getcwd())
from digest import environment
from digest.logs import build_config

environment.load()

preload_app = True
bind = "127.0.0.1:8000"
workers = environment.WEB_CONCURRENCY.read()
threads = 8
keepalive = 75  # nginx closes an idle connection after 60 s: if we closed it first, a form sent just then would get 502
control_socket_disable = True  # its folder would be the home of a user that may write nowhere but in var/

if environment.LOG_FORMAT.read() == "json":
    logconfig_dict = build_config("json")
    logconfig_dict["loggers"] = {"gunicorn.error": {"level": "INFO", "handlers": ["own"], "propagate": False}}


def on_starting(server: Any) -> None:
    """Refuse `--workers 3` on SQLite. The setting itself is refused when the site is loaded."""
    from django.conf import settings

    for fault in environment.find_server_faults(settings.DATABASES, workers=server.cfg.workers):
        raise SystemExit(fault)


def when_ready(server: Any) -> None:
    """Load the sentence model once, before the workers are forked. Without the extra `meaning` there is none."""
    from briefs.derived.search.meaning import load_encoder

    load_encoder()


def pre_fork(server: Any, worker: Any) -> None:
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    from briefs.database.request_limits import limit_waiting
    from briefs.operations.health import start_watching

    limit_waiting()
    start_watching()
