"""Commands; each is a thin entry to a package."""
