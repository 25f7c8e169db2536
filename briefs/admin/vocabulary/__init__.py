"""Authors, sources, keywords and terms: `vocabulary_admin` has the pages, `proposal_pages` what a second person
accepts.
"""
