"""Staff accounts. Begin in `throttle` (limits of password guesses); `second_factor`, `sessions`, and
`account_actions` (acts that are logged and mailed).
"""
