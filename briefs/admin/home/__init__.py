"""The frame of the desk: `desk_site` (every page passes it), the front page (`dashboard`), the palette, *Status*,
webhooks.
"""
