"""What words mean in both languages: `figure` (numbers and units), `concepts` (names), `meanings`, `dictionary`, and
`pair_scores` (how likely two texts say the same). Data files lie beside the module that reads them. No Django.
"""
