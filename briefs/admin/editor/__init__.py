"""The page for writing. `brief_views` renders it from `editor_page_data`; `saving` reads what it posts, through
`draft_form`; `margin` builds what stands beside a row.
"""
