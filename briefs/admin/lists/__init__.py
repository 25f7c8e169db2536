"""The list of briefs: `changelist` builds it, `filters` narrow it, `bulk_verbs` act on several."""
