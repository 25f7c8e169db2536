"""Read and write drafts and vocabulary as files. Public exports are in `briefs.public`."""
