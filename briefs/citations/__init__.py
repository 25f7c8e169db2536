"""Citations of a published brief and of the article it digests.

`works` builds the citable works; `ris`, `bibtex` and `csl` write and read the files of programs, `styles` writes
sentences. `citation_reader` finds the format of a file. Begin there and in `facts.py`, which names the fields. Pure.
"""
