"""The list of briefs: `changelist` builds it, `filters` narrow it, `brief_search` searches it, `bulk_verbs` act on several."""
