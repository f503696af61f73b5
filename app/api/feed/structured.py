"""An event as CloudEvents 1.0 in JSON, structured mode: the attributes that it has on Kafka, and
the payload as `data`, byte for byte what was sealed."""

from __future__ import annotations

from schemas.cloudevents import to_message
from schemas.codec import dumps
from schemas.envelope import Recorded

_CE = "ce_"


def structured(event: Recorded, house: str) -> bytes:
    """One JSON object on one line. `previous` of the event has to be known."""
    message = to_message(event, house)
    attributes = {
        name.removeprefix(_CE) if name.startswith(_CE) else "datacontenttype": value.decode()
        for name, value in message.headers
    }
    return b'%s,"data":%s}' % (dumps(attributes)[:-1], event.payload)
