"""Every server of the tests comes from a container. Run by `make docker`, not by default.

What the servers do is proved in tests/integration/test_servers*.py, which `make docker` runs over
the same route; here is only that it was that route, and that nothing stays behind.
"""

from __future__ import annotations

from contextlib import closing

import docker
import pytest
from kafka.admin import KafkaAdminClient
from sqlalchemy import make_url

from tests.servers import Broker, PostgresDatabase, containers, real_kafka, real_postgres

pytestmark = pytest.mark.docker


def container_of(port: int) -> str:
    """The image of the running container that publishes this port."""
    with closing(docker.from_env()) as client:
        return next(
            found.attrs["Config"]["Image"]
            for found in client.containers.list()
            for bound in found.ports.values()
            for place in bound or ()
            if place["HostPort"] == str(port)
        )


def port_of(broker: Broker) -> int:
    return int(broker.bootstrap.rpartition(":")[2])


def test_postgresql_and_its_databases_are_in_a_container(
    postgres_url: str, postgres_database: PostgresDatabase
) -> None:
    server, database = make_url(postgres_url), make_url(postgres_database())
    assert (server.port, server.host) == (database.port, database.host)
    assert "postgres" in container_of(server.port or 0)


def test_the_shared_kafka_is_in_a_container(kafka: Broker, topic_prefix: str) -> None:
    assert "kafka" in container_of(port_of(kafka))
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin:
        assert f"{topic_prefix}.dossier.events.v1" not in admin.list_topics()


def test_a_kafka_of_its_own_is_another_container(kafka: Broker, own_kafka: Broker) -> None:
    assert "kafka" in container_of(port_of(own_kafka))
    assert port_of(kafka) != port_of(own_kafka)


def test_no_container_stays_behind() -> None:
    with closing(docker.from_env()) as client:
        before = {found.id for found in client.containers.list(all=True)}
        with real_kafka(), real_postgres():
            assert len(client.containers.list(all=True)) == len(before) + 2
        assert {found.id for found in client.containers.list(all=True)} == before


def test_what_docker_is_asked_for_and_has_not_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(containers.ROUTE, "docker")
    with pytest.raises(pytest.fail.Exception, match="run tests/docker/build"):
        containers.image_of("lienthong/of-nothing")
    monkeypatch.delenv(containers.ROUTE)
    assert containers.image_of("lienthong/of-nothing") is None
