"""Write briefs as Word files, and read the parallel table that comes back from a translator."""
