"""The site for readers. `urls` names every address and keeps answers (`page_cache`); `views` and `subject_views`
render pages, from `editions` and presenters; `feeds`, `brief_answers` and `sitemaps` are for programs.
"""
