"""Real servers for the tests, never a skip: PostgreSQL and Kafka, each by the first route there is.

Containers are taken where Docker answers and has an image, unless `LIENTHONG_TEST_SERVERS` says
`local`; `docker` demands them.
"""

from __future__ import annotations

from tests.servers.kafka import Broker, kafka, own_kafka, real_kafka, topic_prefix
from tests.servers.postgres import (
    PostgresDatabase,
    postgres_database,
    postgres_url,
    real_postgres,
)

__all__ = [
    "Broker",
    "PostgresDatabase",
    "kafka",
    "own_kafka",
    "postgres_database",
    "postgres_url",
    "real_kafka",
    "real_postgres",
    "topic_prefix",
]
