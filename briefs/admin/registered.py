"""Every screen of the desk. Imported once the site stands (`apps.Desk`): its class lives in this same package,
so a package that registered on import would do so on a site that is thrown away."""

from . import brief, people, texts, vocabulary

__all__ = ["brief", "people", "texts", "vocabulary"]
