"""What Alembic runs: over the connection it is given, or as SQL text for a reviewer.

A store has no configuration file: `engine/store/migrate.py` says where the migrations are.
"""

from __future__ import annotations

from alembic import context

connection = context.config.attributes.get("connection")
if connection is None:
    context.configure(url=context.config.get_main_option("sqlalchemy.url"))
else:
    # The caller's transaction holds everything: a store is migrated whole or not at all.
    context.configure(connection=connection)

with context.begin_transaction():
    if context.get_context().dialect.name == "postgresql":
        # Rather fail than keep writers waiting behind a lock.
        context.execute("SET LOCAL lock_timeout = '5s'")
        context.execute("SET LOCAL statement_timeout = '10min'")
    context.run_migrations()
