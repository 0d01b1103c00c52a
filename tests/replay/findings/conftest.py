"""A PostgreSQL, for every test of this folder that asks for one."""

from tests.services.postgres import dsn, postgres

__all__ = ["dsn", "postgres"]
