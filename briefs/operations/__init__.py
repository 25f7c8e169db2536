"""What runs the site: accounts, health, backup, installation, the sending of notices, the demo."""
