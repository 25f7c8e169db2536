"""Authors, sources, keywords and terms: `vocabulary_admin` has the pages, `proposal_pages` those on which a second
person decides.
"""
