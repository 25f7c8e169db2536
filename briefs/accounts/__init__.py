"""Signing in: the throttle, known browsers, and the log."""
