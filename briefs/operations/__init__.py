"""What runs the site: accounts, health, backup, installation, the sending of notices, the demo.

In: a command or a timer. Out: mail, archives, a site that is ready, or a sentence that says why not.
"""
