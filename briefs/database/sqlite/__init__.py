"""Django's SQLite engine, with the settings that several processes need: `base`."""
