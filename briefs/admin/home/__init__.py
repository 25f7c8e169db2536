"""Pages outside a brief: `desk_site` (the admin site and its middleware), the front page (`dashboard`), the palette,
*Status*.
"""
