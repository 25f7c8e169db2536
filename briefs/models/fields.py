"""Model fields and encoders shared by several models."""

import json
from typing import Any

from django.db import models


class PlainJSON(json.JSONEncoder):
    """JSON encoder without ASCII escapes, which would double the size of Chinese text on SQLite."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class ContentField(models.JSONField):
    """JSON of `content.Content`. Queries may use only its headlines. Never hash the stored text."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["encoder"] = PlainJSON
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        options.pop("encoder", None)
        return name, path, args, options
