"""Documents to briefs, without a database. Begin with `parser`: bytes → lines (`files/`) → classified lines → fields,
summaries and points (`sections`, `fields/`), paired in `alignment`. `types` names the steps; `writer` writes the
same layout.
"""
