"""The page for writing. `brief_views` renders it from `editor_page_data`; `saving` stores the posted form, parsed by
`draft_form`; `margin` builds suggestions, notes and findings beside a row.
"""
