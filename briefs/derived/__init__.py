"""Rows and values that can be rebuilt from editions. `build` stores rows when an edition is added; `public_brief` loads
an edition with its names, for pages; `brief_shape` is the form for the API and exports.
"""
