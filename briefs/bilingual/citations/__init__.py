"""Citations of a published brief and of the article it digests.

`works` builds the citable works and their sentences; `ris`, `bibtex` and `csl` write and read the files of reference
managers; `citation_reader` detects the format of a file. Begin there and in `facts.py`, which names the fields. No Django.
"""
