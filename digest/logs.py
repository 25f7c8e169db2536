"""Log lines: for people on stderr, or as JSON on stdout (`LOG_FORMAT=json`)."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

request_id: ContextVar[str] = ContextVar("request_id", default="")

_CONTROL_CHARACTERS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TOKENS: Final = re.compile(r"(/(?:preview|password/new|u)/)[^\s?\"'<>]+")
"""Parts of addresses that open a page without sign-in, and so must not be logged."""


def hide_tokens(text: str) -> str:
    return _TOKENS.sub(r"\1…", text)


def _escape(text: str) -> str:
    """Escape control characters, so that typed text cannot begin a log line or send codes to a terminal."""
    return _CONTROL_CHARACTERS.sub(lambda match: repr(match[0])[1:-1], hide_tokens(text))


class LineFormatter(logging.Formatter):
    """Format a record as one line, with the lines of a traceback indented below."""

    def format(self, record: logging.LogRecord) -> str:
        line = _escape(record.getMessage()) + "".join(
            f" {name}={_escape(str(value))}" for name, value in _get_fields(record).items()
        )
        if identifier := request_id.get():
            line += f" [{identifier}]"
        if record.exc_info:
            trace = hide_tokens(self.formatException(record.exc_info)).splitlines()
            line = "\n    ".join([line, *map(_escape, trace)])
        return line


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        values: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": hide_tokens(record.getMessage()),
            **_get_fields(record),
        }
        if identifier := request_id.get():
            values["request"] = identifier
        if record.exc_info:
            values["exception"] = hide_tokens(self.formatException(record.exc_info))
        line = json.dumps(values, ensure_ascii=False, default=str)
        return _CONTROL_CHARACTERS.sub(
            lambda match: f"\\u{ord(match[0]):04x}", line
        )  # JSON does not escape all of them


def _get_fields(record: logging.LogRecord) -> dict[str, Any]:
    return getattr(record, "fields", {})


def build_config(log_format: str) -> dict[str, Any]:
    """Return Python's logging configuration. Only the JSON log has a line for each request: people read the proxy's."""
    is_json = log_format == "json"
    formatter = JsonFormatter if is_json else LineFormatter
    stream = "ext://sys.stdout" if is_json else "ext://sys.stderr"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"own": {"()": f"{__name__}.{formatter.__name__}"}},
        "handlers": {"own": {"class": "logging.StreamHandler", "formatter": "own", "stream": stream}},
        "root": {"handlers": ["own"], "level": "WARNING"},
        "loggers": {
            "digest.access": {"level": "INFO" if is_json else "CRITICAL"},
            "psycopg.pool": {
                "level": "ERROR"
            },  # it warns of each failed connection; `log_fault` names the cause
        },
    }
