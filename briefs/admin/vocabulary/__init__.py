"""Authors, sources, keywords and terms: `vocabulary_admin` has the pages, `draft_views` those on which a second
person decides.
"""
