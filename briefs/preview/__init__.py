"""One revision for a guest: `links` makes and checks tokens, `views` shows the pages and has the routes."""

__all__ = [
    "links",
]
