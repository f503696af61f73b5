"""A mistake of shape in one place does not hide what else is wrong with a file, and nothing is
blamed on what stands beside it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from workflows.load import check
from workflows.load_organisation import load_organisation
from workflows.organisation import Organisation
from workflows.yaml_source import Loc, dotted

GOOD = """\
procedure: sample
version: "1"
source: unknown
title: {vi: Mẫu, en: Sample}
field: {vi: Thử, en: Trial}
kind: interlinked
desk: commune-one-stop
limit: 5 days
valid from: "2021-01-01"
legal basis: [Luật]
policy: {due soon: 2 hours}
papers in: [{id: form, vi: Đơn, en: Form}]
steps:
  receive: {by: receiver at desk, act: forward, limit: 1 day, then: look}
  look:
    by: justice-officer at commune
    act: appraise
    limit: 1 day
    then:
      - {to: again, when: {outcome: unclear}}
      - {to: ask}
  again: {by: justice-officer at commune, then: ask}
  ask:
    legs:
      police:
        at: commune-police
        limit: 1 day
        gate: false
        papers back: [form]
        steps:
          check: {by: police-officer, limit: 1 day, then: wait}
          wait: {pause: inspection, resumed by: head, lasts: 1 day, then: approve}
          approve: {by: head, act: approve, then: done}
    refused: sign
    then: sign
  sign: {by: chairman at commune, act: sign, limit: 2 days, then: return}
  return: {by: receiver at desk, act: return, then: done}
"""


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return load_organisation()


def errors(folder: Path, text: str, organisation: Organisation) -> list[tuple[str, str]]:
    file = folder / "sample.yaml"
    file.write_text(text, encoding="utf-8")
    return [(each.field, each.message) for each in check([file], organisation).errors]


def test_what_does_not_fit_and_what_makes_no_sense_are_told_together(
    tmp_path: Path, organisation: Organisation
) -> None:
    """A limit, an unknown field and a role that cannot be read; three mistakes of sense."""
    text = (
        GOOD.replace("limit: 5 days", "limit: five days")
        .replace("act: forward, limit: 1 day, then: look", "colour: red, then: look")
        .replace("by: receiver at desk, act: return", "by: The Receiver, act: return")
        .replace("police-officer, limit: 1 day, then: wait", "police-offcer, then: wiat")
        .replace("act: appraise", "act: apraise")
        .replace("chairman at commune", "chairman at comune")
    )
    found = dict(errors(tmp_path, text, organisation))
    assert set(found) == {
        "limit",
        "steps.receive.colour",
        "steps.return.by",
        "steps.look.act",
        "steps.sign.by",
        "steps.ask.legs.police.steps.check.then",
        "steps.ask.legs.police.steps.check.by",
    }
    assert "did you mean 'police-officer'?" in found["steps.ask.legs.police.steps.check.by"]


def test_a_step_that_cannot_be_read_hides_only_itself(
    tmp_path: Path, organisation: Organisation
) -> None:
    text = GOOD.replace("again: {by: justice-officer at commune, then: ask}", "again: {then: ask}")
    text = text.replace("act: sign, limit: 2 days, then: return", "act: sign, then: retrun")
    fields = [field for field, _ in errors(tmp_path, text, organisation)]
    assert fields == ["steps.again", "steps.sign.then"]


def test_a_key_that_stands_twice_hides_nothing_else(
    tmp_path: Path, organisation: Organisation
) -> None:
    text = GOOD.replace("kind: interlinked", "kind: interlinked\nkind: single")
    text = text.replace("act: appraise", "act: apraise")
    fields = [field for field, _ in errors(tmp_path, text, organisation)]
    assert fields == ["kind", "steps.look.act"]


def test_a_procedure_that_a_leg_runs_is_there_though_it_has_errors(
    tmp_path: Path, organisation: Organisation
) -> None:
    part = GOOD.replace("procedure: sample", "procedure: part").replace("5 days", "five days")
    (tmp_path / "part.yaml").write_text(part, encoding="utf-8")
    more = "  more: {leg: {at: commune, procedure: part}, then: sign}\n"
    whole = GOOD.replace("then: ask}", "then: more}") + more
    (tmp_path / "whole.yaml").write_text(whole, encoding="utf-8")
    found = {each.field: each.message for each in check([tmp_path], organisation).errors}
    assert found["steps.more.leg.procedure"] == "the procedure 'part' has errors of its own"
    assert "is no limit" in found["limit"]


# --- nothing is blamed on its neighbours --------------------------------------------------


def places(value: Any, loc: Loc = ()) -> Iterator[Loc]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*loc, key)
            yield from places(inner, (*loc, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*loc, index))


def changed(loc: Loc, garbage: object) -> str:
    """GOOD with something else at a place: a value, or, for "rename", another key."""
    value = deepcopy(yaml.safe_load(GOOD))
    holder = value
    for part in loc[:-1]:
        holder = holder[part]
    if garbage == "rename":
        renamed = {(f"{k}x" if k == loc[-1] else k): v for k, v in holder.items()}
        holder.clear()
        holder.update(renamed)
    else:
        holder[loc[-1]] = garbage
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)


def whole_of(loc: Loc) -> Loc:
    """The innermost step that a place is in, or the field of the file."""
    steps = [index for index, part in enumerate(loc) if part == "steps" and index + 1 < len(loc)]
    return loc[: steps[-1] + 2] if steps else loc[:1]


NOT_A_PLACE = {("steps",), ("steps", "ask", "legs", "police", "steps")}
PLACES = [loc for loc in places(yaml.safe_load(GOOD)) if loc not in NOT_A_PLACE]
GARBAGE = ([], -1, {"x": "y"}, None, "rename")
MISTAKES = [
    pytest.param(loc, garbage, id=f"{dotted(loc)} {garbage}")
    for loc in PLACES
    for garbage in GARBAGE
    # The name of a step is what its neighbours do depend on.
    if garbage != "rename" or len(loc) == 1 or whole_of(loc) != loc
]
PAST_MENDING = {"valid from"}
"""Other files' versions are chosen by it."""


def test_the_good_one_is_good(tmp_path: Path, organisation: Organisation) -> None:
    assert errors(tmp_path, GOOD, organisation) == []


@pytest.mark.parametrize(("loc", "garbage"), MISTAKES)
def test_a_mistake_in_one_place_is_told_of_that_place_and_hides_no_other(
    tmp_path: Path, organisation: Organisation, loc: Loc, garbage: object
) -> None:
    text = changed(loc, garbage)
    beside = dotted(whole_of(loc))
    for field, message in errors(tmp_path, text, organisation):
        assert field.startswith(beside) or field == f"{beside}x", (field, message)
    if loc[0] in PAST_MENDING or loc[:2] == ("steps", "sign"):
        return
    another = text.replace("act: sign", "act: sgn")
    assert "steps.sign.act" in dict(errors(tmp_path, another, organisation))
