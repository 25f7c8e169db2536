"""What several screens share. Begin with `access` (who may open a page) and `brief_pages` (loading a brief)."""
