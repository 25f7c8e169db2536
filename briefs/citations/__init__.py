"""Citations of a published brief and of the article it digests.

`works` builds the citable works; `ris`, `bibtex` and `csl` write them for programs, `styles` as sentences.
Pure functions of a card's data (`briefs.rendering.cards`): no database rows, no requests.
"""
