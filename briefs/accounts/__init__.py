"""Accounts of staff: guesses are limited in `throttle`, where to begin; second factors, sessions, and acts that the
log records and mail tells.
"""
