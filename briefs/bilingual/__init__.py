"""Text in both languages: lexicon, checks, documents, citations, rendering. No model and no request.

In: texts, files and contents. Out: findings, aligned documents, HTML and citation files.
"""
