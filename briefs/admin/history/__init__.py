"""What happened to a brief: `timeline` for events, `revision_pages` for texts."""
