"""Django's PostgreSQL engine with a pool: `base` is the engine, `pool` the connections."""
