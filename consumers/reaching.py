"""Whether anybody answers at an address, before a client library takes its time to find out."""

from __future__ import annotations

import socket


def why_unreachable(address: str, seconds: float) -> str:
    """Why none of `host:port,host:port` can be reached; "" when one of them can."""
    why = ""
    for each in address.split(","):
        host, _, port = each.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), seconds).close()
        except OSError as error:
            why = str(error)
        except (ValueError, OverflowError):
            why = f"{each!r} is no HOST:PORT"
        else:
            return ""
    return why
