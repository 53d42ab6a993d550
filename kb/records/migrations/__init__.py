"""Alembic's steps from an empty database to the newest schema; `kb.records.database.migrate` runs them."""
