"""The page for review: `review_page_data` builds its rows, `review_views` runs the acts of its margin."""
