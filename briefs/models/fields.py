"""Column types that several models share."""

import json
from typing import Any

from django.db import models


class PlainJSON(json.JSONEncoder):
    """Characters as they are: escaped, Chinese would take twice the room on SQLite."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class ContentField(models.JSONField):
    """JSON of `content.Content`. Never queried inside, never hashed as stored."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["encoder"] = PlainJSON
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        options.pop("encoder", None)
        return name, path, args, options
