"""The desk. `all_screens` registers every page and `brief_admin` routes those of a brief; each package below is one
screen or a few that belong together, and imports only from those listed below it in `pyproject.toml`.

In: a person's request. Out: pages and answers; every change is a verb of `workflow`.
"""
