"""Functions on texts, names, dates and addresses, without Django and without meaning. `text_diff` is where comparisons
begin.
"""
