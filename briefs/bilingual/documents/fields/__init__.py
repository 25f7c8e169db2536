"""The labelled part of a document: `labels` finds a label, `header` reads what follows, `authors` and `date_reader`
its values.
"""
