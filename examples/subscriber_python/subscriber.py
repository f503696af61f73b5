"""Reads every event of a house, proves that none is missing or altered, and says what it saw.

    pip install kafka-python[crc32c,zstd]
    python subscriber.py HOST:PORT HOUSE

A stranger's program: it knows the contract (docs/contracts) and nothing else of the engine. It
reads the events topic from its beginning to where its ends were at the start, checks each event's
seal and the chain of each dossier, drops what came twice, and prints one line of JSON. Exit status
1 when something is missing or altered, 2 when there is no such topic.
"""

import hashlib
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

from kafka import KafkaConsumer, TopicPartition

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = "0" * 64


def micros(moment):
    return (datetime.fromisoformat(moment) - EPOCH) // timedelta(microseconds=1)


def seal(head, value):
    """SHA-256 over the lines that the contract lists, and the bytes of the value."""
    lines = [
        head["ce_previoushash"],
        head["ce_subject"],
        head["ce_streamversion"],
        head["ce_type"],
        head["ce_dataschema"].rpartition(":")[2],
        head["ce_id"].replace("-", ""),
        head["ce_commandid"].replace("-", ""),
        head["ce_correlationid"].replace("-", ""),
        head["ce_actor"],
        head["ce_agency"],
        head.get("ce_onbehalf", ""),
        str(micros(head["ce_time"])),
        str(micros(head["ce_recordedtime"])),
    ]
    return hashlib.sha256("".join(line + "\n" for line in lines).encode() + value).hexdigest()


class Check:
    """What is known of each dossier: the version and the hash of its last event."""

    def __init__(self):
        self.last = {}
        self.types = Counter()
        self.duplicates = 0
        self.gaps = set()
        self.broken = set()

    def see(self, headers, value):
        head = {name: (text or b"").decode(errors="replace") for name, text in headers}
        try:
            dossier, version = head["ce_subject"], int(head["ce_streamversion"])
            sealed = seal(head, value or b"")
        except (KeyError, ValueError):
            self.broken.add(("", 0, "it is not of this contract"))
            return
        if sealed != head["ce_streamhash"]:
            self.broken.add((dossier, version, "it is not what was sealed"))
            return
        known, previous = self.last.get(dossier, (0, FIRST))
        if version <= known:
            self.duplicates += 1
            return
        if version > known + 1:
            self.gaps.add((dossier, known + 1, version - 1))
        elif head["ce_previoushash"] != previous:
            self.broken.add((dossier, version, "it does not follow the event before"))
        self.last[dossier] = (version, sealed)
        self.types[head["ce_type"]] += 1

    def summary(self):
        return {
            "events": sum(self.types.values()),
            "dossiers": len(self.last),
            "duplicates": self.duplicates,
            "gaps": sorted(self.gaps),
            "broken": sorted(self.broken),
            "types": dict(sorted(self.types.items())),
        }


def subscribe(broker, house):
    topic = f"{house}.dossier.events.v1"
    consumer = KafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest")
    places = [TopicPartition(topic, each) for each in consumer.partitions_for_topic(topic) or ()]
    if not places:
        print(f"There is no topic {topic} at {broker}.", file=sys.stderr)
        sys.exit(2)
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    check = Check()
    while any(consumer.position(place) < end for place, end in ends.items()):
        for place, batch in consumer.poll(1000).items():
            for each in batch:
                if each.offset < ends[place]:
                    check.see(each.headers, each.value)
    consumer.close()
    return check


if __name__ == "__main__":
    found = subscribe(*sys.argv[1:3])
    print(json.dumps(found.summary()))
    sys.exit(1 if found.gaps or found.broken else 0)
