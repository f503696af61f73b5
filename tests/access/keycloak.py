"""A real Keycloak for the tests: fetched by Maven and built once a machine, started in memory."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.jars import java

VERSION = "26.4.0"
UNPACK = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack"
REALM, CLIENT, SECRET = "office", "desk", "the desk's own secret"
PASSWORD = "a password known to the provider alone"
PATIENCE = 400.0
"""Seconds that a start may take where others are busy; alone it takes half a minute."""

WHAT_TO_INSTALL = (
    "No Keycloak for the tests: it comes with Maven (on Debian, apt-get install maven)."
)


def realm(back: str) -> dict[str, Any]:
    """Two people, and the desk as a program that must use PKCE."""
    return {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "none",
        "clients": [
            {
                "clientId": CLIENT,
                "secret": SECRET,
                "standardFlowEnabled": True,
                "redirectUris": [back],
                "attributes": {"pkce.code.challenge.method": "S256"},
            }
        ],
        "users": [
            {
                "username": name,
                "enabled": True,
                "email": f"{name}@office.example",
                "firstName": name,
                "lastName": name,
                "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
            }
            for name in ("thu", "stranger")
        ],
    }


def distribution() -> Path:
    """The folder of Keycloak, built. Fetches it when it is missing; fails without Maven."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lienthong"
    folder = cache / f"keycloak-{VERSION}"
    if folder.exists():
        return folder
    if shutil.which("mvn") is None:
        pytest.fail(WHAT_TO_INSTALL, pytrace=False)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as name:
        artifact = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
        _run(
            ["mvn", "-q", "-B", UNPACK, f"-Dartifact={artifact}", f"-DoutputDirectory={name}"], name
        )
        found = Path(name) / f"keycloak-{VERSION}"
        _run(["sh", found / "bin" / "kc.sh", "build", "--db=dev-mem"], name)
        try:
            # Whole or not at all: of two who fetch at once, one is first.
            found.rename(folder)
        except OSError:
            if not folder.exists():
                raise
    return folder


@contextmanager
def running(back: str) -> Iterator[str]:
    """The issuer of a realm; `back`: the one address to which it sends people back."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="lienthong-keycloak-") as name:
        home = Path(name) / "keycloak"
        # Links: what is started writes only into folders of its own.
        subprocess.run(["cp", "-al", distribution(), home], check=True)
        shutil.rmtree(home / "data", ignore_errors=True)
        (home / "data" / "import").mkdir(parents=True)
        (home / "data" / "import" / "realm.json").write_text(json.dumps(realm(back)))
        with (Path(name) / "said").open("w+") as said:
            options = [
                "--optimized",
                "--http-enabled=true",
                "--hostname-strict=false",
                "--http-host=127.0.0.1",
                f"--http-port={port}",
                "--import-realm",
            ]
            server = subprocess.Popen(
                ["sh", home / "bin" / "kc.sh", "start", *options],
                stdout=said, stderr=said, env=_environment(), start_new_session=True,
            )  # fmt: skip
            try:
                issuer = f"http://127.0.0.1:{port}/realms/{REALM}"
                _await(issuer, server, Path(said.name))
                yield issuer
            finally:
                # The script's own child is the server.
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _await(issuer: str, server: subprocess.Popen[bytes], said: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"Keycloak does not start:\n{said.read_text()[-2000:]}", pytrace=False)


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "JAVA": java(),
        "JAVA_OPTS_APPEND": "-Xmx400m -XX:TieredStopAtLevel=1",
    }


def _run(words: list[Any], folder: str) -> None:
    """In a folder of its own: Maven leaves marks where it is called."""
    ended = subprocess.run(words, capture_output=True, text=True, env=_environment(), cwd=folder)
    if ended.returncode:
        pytest.fail(f"{words[0]} failed:\n{ended.stdout[-2000:]}{ended.stderr[-500:]}")
