"""Read documents and write them, without a database. Begin with `parser`: bytes → lines (`files/`) → classified lines
→ fields, summaries and points (`sections`, `fields/`), paired in `alignment`. `types` has the result of each step;
`writer` writes the same layout.
"""
