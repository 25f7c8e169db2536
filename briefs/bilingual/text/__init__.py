"""Functions on plain texts, names, dates and addresses. They import neither Django nor `lexicon`. Comparisons
begin in `text_diff`.
"""
