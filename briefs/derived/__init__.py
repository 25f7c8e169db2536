"""What can be rebuilt from editions. `build` stores it when an edition is added; `public_brief` is an edition with its
names, from which pages are rendered; `brief_shape` is what machines get.
"""
