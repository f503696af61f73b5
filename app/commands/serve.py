"""`lienthong serve`: the web page and the HTTP API."""

from __future__ import annotations

import click

from app.output import note
from app.settings import Settings
from app.shell import command


@command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
              help="The port; 0 takes a free one.")  # fmt: skip
def serve(settings: Settings, host: str, port: int) -> None:
    """Serves the web page and the HTTP API until it is stopped."""
    import uvicorn

    from app.desk.application import application
    from app.house import open_house

    with open_house(settings, create=True) as house:
        app = application(settings, house)
        note(f"Listening at http://{host}:{port} Ctrl-C ends it.")
        uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
