"""The broker of the tests in a container, by testcontainers."""

from __future__ import annotations

from testcontainers.community.kafka import KafkaContainer
from testcontainers.core.container import DockerContainer

from tests.servers.kafka import ALONE, await_start, free_port

INSIDE = 9092
CONTROLLER = 9093


class KRaftContainer(KafkaContainer):
    """apache/kafka, or our own image, which takes its settings from the environment as well.

    testcontainers' class is made for Confluent's image: it writes a script that learns the port
    when the container runs. Here the port is chosen before, so that nothing needs to be written.
    """

    def __init__(self, image: str, port: int) -> None:
        super().__init__(image, port=INSIDE)
        self.with_bind_ports(INSIDE, port)
        settings = ALONE | {
            "controller.quorum.voters": f"1@127.0.0.1:{CONTROLLER}",
            "listeners": f"PLAINTEXT://0.0.0.0:{INSIDE},CONTROLLER://127.0.0.1:{CONTROLLER}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "log.dirs": "/var/lib/kafka/data",
        }
        self.env = {f"KAFKA_{k.upper().replace('.', '_')}": v for k, v in settings.items()}

    def start(self, timeout: int = 0) -> KRaftContainer:
        """Starts it with the image's own command; whoever calls waits until it serves."""
        DockerContainer.start(self)
        return self


class ContainerBroker:
    """A broker in a container; its records live as long as the container."""

    def __init__(self, image: str) -> None:
        self._image = image
        self._port = free_port()
        self.bootstrap = f"127.0.0.1:{self._port}"
        self._made: KRaftContainer | None = None
        self._starts = 0

    def start(self) -> None:
        if self._made is None:
            self._made = KRaftContainer(self._image, self._port).start()
        container = self._made.get_wrapped_container()
        container.start()
        self._starts += 1

        def runs() -> bool:
            container.reload()
            return bool(container.status == "running")

        await_start(self._starts, lambda: container.logs().decode(errors="replace"), runs)

    def stop(self) -> None:
        if self._made is not None:
            self._made.get_wrapped_container().stop()

    def kill(self) -> None:
        if self._made is not None:
            self._made.get_wrapped_container().kill()

    def wipe(self) -> None:
        self.close()
        self.start()

    def close(self) -> None:
        if self._made is not None:
            self._made.stop()
        self._made, self._starts = None, 0
