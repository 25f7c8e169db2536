"""Commands, each a thin entry to a package."""
