"""Django's PostgreSQL engine, with a pool and limited waiting for requests (see `pool`)."""

from typing import Any, Final

from django.db.backends.postgresql import base
from psycopg import IsolationLevel

from briefs.database import request_limits

from .pool import Pool, PooledConnection

_pools: Final[dict[str, Pool]] = {}


class DatabaseWrapper(base.DatabaseWrapper):
    isolation_level = IsolationLevel.READ_COMMITTED

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not request_limits.is_request():
            return super().get_new_connection(conn_params)
        pool = _pools.setdefault(self.alias, Pool(self.alias, self.settings_dict["POOL_SIZE"]))
        return pool.take(conn_params)

    def _close(self) -> None:
        connection = self.connection
        if not isinstance(connection, PooledConnection):
            super()._close()  # type: ignore[misc]  # unknown to the stubs
            return
        self.connection = None
        connection.release()
