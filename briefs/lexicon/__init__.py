"""What words mean in both languages: `figure` (numbers and units), `concepts` (names), `meanings`, `dictionary`, and
`pair_scores`, which tells how likely two texts say the same. Data stands beside the module that reads it. Pure.
"""
