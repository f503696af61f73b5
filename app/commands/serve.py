"""`lienthong serve`: the web page and the HTTP API."""

from __future__ import annotations

import socket

import click

from app.output import note
from app.settings import Settings
from app.shell import command
from app.trouble import BadInput

LEAVE = 3
"""Seconds that requests under way have when the server is to end; a feed would never end."""


@command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="The port; 0 takes a free one.")  # fmt: skip
@click.option("--private-webhooks", is_flag=True, help="Alerts may be sent to addresses of a"
              " private network, or of this machine.")  # fmt: skip
@click.option("--patience", type=click.FloatRange(0, 3600, min_open=True), default=10.0,
              show_default=True, help="Seconds that are waited for whoever is to send a request;"
              " for what goes with it, and who takes no answer, six times as long.")  # fmt: skip
def serve(
    settings: Settings, host: str, port: int, private_webhooks: bool, patience: float
) -> None:
    """Serves the web page and the HTTP API until it is stopped.

    Papers that are handed in as files are kept in a folder beside the store, or where
    LIENTHONG_UPLOADS says: file:///folder, or s3://bucket/prefix?endpoint=https://…&region=…
    (its keys are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY). A store on PostgreSQL needs it said.
    LIENTHONG_UPLOADS_ELSEWHERE names in the same way, with spaces between, where other houses keep
    theirs: a paper that came with a leg is read there, by its hash, and a copy kept. To be
    allowed to read objects is enough for that, and to list them is not needed.
    """
    import uvicorn
    from msgspec.structs import replace

    from app.access.prompt import prompt
    from app.desk.application import application
    from app.house import open_house
    from app.running import collect_less

    with open_house(settings, create=True) as house, _listening(host, port) as listener:
        # On SQLite, where one process writes at a time, a second would only be in the way.
        apart = house.home.engine.dialect.name != "sqlite"
        told = replace(
            settings, private_webhooks=private_webhooks, patience=patience, feed_apart=apart
        )
        app = application(told, house)
        connections = _connections()
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            http=prompt(patience, connections),
            ws="none",
            limit_concurrency=connections,
            timeout_graceful_shutdown=LEAVE,
        )
        if not app.state.desk.entrance.accounts.any():
            note("Nobody can sign in yet: lienthong users add NAME --role administrator")
        note(f"Listening at http://{host}:{listener.getsockname()[1]} Ctrl-C ends it.")
        collect_less()
        uvicorn.Server(config).run(sockets=[listener])


def _connections() -> int:
    """How many there may be at once: what the system allows of open files is asked for, and half
    of it is left for the store and for files that are handed in."""
    from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit

    from app.access.prompt import CONNECTIONS

    soft, most = getrlimit(RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS if most == RLIM_INFINITY else min(2 * CONNECTIONS, most)
    if soft != RLIM_INFINITY and soft < wanted:
        setrlimit(RLIMIT_NOFILE, (wanted, most))
    return wanted // 2


def _listening(host: str, port: int) -> socket.socket:
    """Raises BadInput when the address is taken or is none of this machine's."""
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"Nobody can listen at {host}:{port}: {reason}") from None
