"""What readers take away, from editions and out only: citations of a brief, and of the article it digests.

`works` says what is cited; `ris`, `bibtex` and `csl` write it for programs, `styles` as a sentence for people.
Pure functions of a card's data (`briefs.derive`): no rows, no requests.
"""
