"""The desk: one module a screen. Importing it registers them, as `admin.autodiscover` does."""

from . import brief, people, texts, vocabulary

__all__ = ["brief", "people", "texts", "vocabulary"]
