"""Pictures on their way in: cleaned, stored whole, then known by a row."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils import timezone

from .. import images
from ..content import Picture as Shape
from ..models import Person, Picture
from .rules.transitions import require_allowed


def store_picture(data: bytes, *, by: Person, now: dt.datetime | None = None) -> Picture:
    """The row of these bytes, made if nobody has uploaded them before. Raises PictureRefused.

    Files come first: whatever dies on the way leaves none that a row names, and the next upload mends it.
    """
    require_allowed(by, "edit")
    row = Picture.objects.filter(pk=images.hash_picture(data)).first()
    if row and images.is_stored(Shape(row.key, row.width, row.height)):
        return row
    cleaned = images.clean(data)
    images.write(cleaned)
    if row:
        return row
    values = {"width": cleaned.width, "height": cleaned.height, "at": now or timezone.now(), "by": by}
    try:
        with transaction.atomic():
            return Picture.objects.create(key=cleaned.key, **values)
    except IntegrityError:  # the same bytes from two people at one moment
        return Picture.objects.get(pk=cleaned.key)
