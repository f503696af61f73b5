"""compose.yaml is valid, keeps to the house's rules for servers, and says commands that exist.

`tests/docker/compose-spec.json` is the schema that the Compose Specification publishes, unchanged
(Apache-2.0), so that no engine is needed to read the file as one does.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from app.cli import cli
from consumers.views import all_views

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "tests" / "docker"
FILES = [ROOT / "compose.yaml", DOCKER / "compose.override.yaml"]
SCHEMA = json.loads((DOCKER / "compose-spec.json").read_text(encoding="utf-8"))
GIVEN = {"LIENTHONG_POSTGRES_PASSWORD": "of-this-test"}
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def interpolated(text: str, given: dict[str, str]) -> str:
    """As Compose does: a default after `:-`, a failure after `:?`."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if given.get(name):
            return given[name]
        assert kind == "-", f"{name} must be set: {rest}"
        return str(rest)

    return VARIABLE.sub(value, text)


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(interpolated(path.read_text(encoding="utf-8"), GIVEN))
    return loaded


COMPOSE = read(FILES[0])
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("lienthong:")}
ENDING = {"migrate", "topics", "lienthong"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_valid_by_the_published_schema(path: Path) -> None:
    jsonschema.validate(read(path), SCHEMA)


def test_the_schema_bites() -> None:
    wrong = {"services": {"relay": {"image": "lienthong:0.1.0", "comand": ["relay"]}}}
    with pytest.raises(jsonschema.ValidationError, match="comand"):
        jsonschema.validate(wrong, SCHEMA)


def test_every_part_is_there_and_the_cluster_has_three_brokers() -> None:
    assert {"postgres", "kafka", "migrate", "relay", "views", "alerts"} <= set(SERVICES)
    brokers = [name for name, each in SERVICES.items() if "kafka:" in each["image"]]
    assert len(brokers) == 3
    assert [name for name in brokers if "profiles" not in SERVICES[name]] == ["kafka"]
    assert all(SERVICES[name].get("profiles", ["cluster"]) == ["cluster"] for name in brokers)
    nodes = {SERVICES[name]["environment"]["KAFKA_NODE_ID"] for name in brokers}
    assert len(nodes) == 3


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_limited_unprivileged_and_of_one_version(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":\d+\.\d+", service["image"]), "the image's tag is no version"
    assert service["user"] != "root"
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    if name != "lienthong":
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    if name not in ENDING:
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"


def test_what_must_last_is_in_a_named_volume() -> None:
    mounted = [place for each in SERVICES.values() for place in each.get("volumes", [])]
    assert {place.split(":")[0] for place in mounted} == set(COMPOSE["volumes"])
    assert len(mounted) == 5


def test_nothing_is_open_to_other_machines() -> None:
    ports = [port for each in SERVICES.values() for port in each.get("ports", [])]
    assert len(ports) == 5
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_secret_is_in_the_file_and_none_is_left_to_chance() -> None:
    text = FILES[0].read_text(encoding="utf-8")
    secrets = re.findall(r"^\s*\w*PASSWORD\w*:\s*(.+)$", text, flags=re.MULTILINE)
    assert len(secrets) == 2
    assert all(secret.startswith("${LIENTHONG_POSTGRES_PASSWORD:?") for secret in secrets)
    with pytest.raises(AssertionError, match="must be set"):
        interpolated(text, {})


def test_whom_a_container_waits_for_is_there_and_has_what_it_is_asked_for() -> None:
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name]
            else:
                assert name in ENDING


def test_the_override_replaces_every_image_and_nothing_else() -> None:
    override = read(FILES[1])["services"]
    assert set(override) == set(SERVICES)
    for name, each in override.items():
        assert set(each) == ({"build"} if name in OURS else {"image"})


def test_every_view_is_fed_by_one_container() -> None:
    named = {each.name for each in all_views()}
    fed = [
        word
        for each in OURS.values()
        if each["command"][0] == "consume"
        for word in each["command"]
        if word in named
    ]
    assert sorted(fed) == sorted(named)


def parsed(words: list[str]) -> None:
    """Raises click's UsageError where the command line would."""
    with cli.make_context("lienthong", list(words)) as context:
        name, command, rest = cli.resolve_command(context, words)
        assert command is not None
        command.make_context(name, rest, parent=context).close()


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_runs_a_command_with_options_that_exist(name: str) -> None:
    parsed(OURS[name]["command"])


@pytest.mark.parametrize("words", [["relays"], ["relay", "--topic", "create"], ["migrate", "x"]])
def test_a_command_that_does_not_exist_would_be_found(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parsed(words)
