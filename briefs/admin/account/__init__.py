"""Sign-in, second factors, passwords and sessions: django-allauth in the desk's look."""
