"""Drawings: what a reader must be able to see in them."""

from __future__ import annotations

import os
import re
import shutil
from html import unescape
from xml.etree import ElementTree

import msgspec
import pytest

from workflows import draw as drawing
from workflows.draw import DotMissing, dot_source, draw, functions_named
from workflows.load import Catalogue, load_catalogue
from workflows.load_organisation import load_organisation
from workflows.model import Branch, Procedure, Process, Text
from workflows.publish import DRAWINGS

CATALOGUE: Catalogue = load_catalogue()
needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None and not os.environ.get("CI"),
    reason="needs the package graphviz",
)


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def steps_of(procedure: Procedure) -> list[tuple[str, str]]:
    return [
        (path, name)
        for path in ("", *(path for path, _ in procedure.legs()))
        for name in procedure.process_of(path).steps
    ]


def titles_of(procedure: Procedure) -> set[str]:
    found = set()
    for path, name in steps_of(procedure):
        title = procedure.process_of(path).steps[name].title
        assert title is not None
        found.add(title.vi)
    return found


@pytest.mark.parametrize("procedure", list(CATALOGUE), ids=lambda found: found.id)
def test_each_step_has_one_box_and_each_agency_one_lane(procedure: Procedure) -> None:
    source = dot_source(procedure)
    for path, name in steps_of(procedure):
        assert len(re.findall(rf'(?m)^\s*"{re.escape(f"{path}|{name}")}" \[label=', source)) == 1
    for function in {procedure.desk, *(leg.at for _, leg in procedure.legs())}:
        assert len(re.findall(rf'subgraph "?cluster_{function}"? ', source)) == 1


@pytest.mark.parametrize("procedure", list(CATALOGUE), ids=lambda found: found.id)
def test_the_committed_drawing_shows_the_definition_as_it_is(procedure: Procedure) -> None:
    """Not byte by byte, since each Graphviz draws a little differently: word by word."""
    svg = (DRAWINGS / f"{procedure.id}.svg").read_text(encoding="utf-8")
    shown = texts(svg)
    assert titles_of(procedure) <= set(shown)
    assert procedure.title.vi in shown
    wanted = [unescape(found) for found in re.findall(r"≤ [\d,]+[^<·]*", dot_source(procedure))]
    drawn = [found for text in shown for found in re.findall(r"≤ [\d,]+[^·]*", text)]
    assert sorted(text.strip() for text in drawn) == sorted(text.strip() for text in wanted)


def test_every_drawing_belongs_to_a_procedure() -> None:
    assert {file.stem for file in DRAWINGS.glob("*.svg")} == {found.id for found in CATALOGUE}


def test_functions_and_roles_of_the_catalogue_have_names_in_both_languages() -> None:
    for procedure in CATALOGUE:
        doers = {procedure.desk: None}
        for path, name in steps_of(procedure):
            step = procedure.process_of(path).steps[name]
            if step.by is not None:
                assert step.by.role in drawing.ROLES, step.by.role
                if step.by.at:
                    doers[step.by.at] = None
        doers |= dict.fromkeys(leg.at for _, leg in procedure.legs())
        assert set(doers) <= set(drawing.FUNCTIONS)


def test_limits_pauses_legs_and_refusals_are_visible() -> None:
    lost = dot_source(CATALOGUE.get("lt-04-lost-certificate-posting"))
    assert "≤ 0,5 ngày làm việc" in lost
    assert ">tạm dừng thời hạn<" in lost
    assert ">30 ngày<" in lost
    assert "điều kiện tiên quyết · trong ngày" in dot_source(CATALOGUE.get("lt-14-birth-group"))
    assert "In total: same day" in dot_source(CATALOGUE.get("2.000908"), "en")
    group = dot_source(CATALOGUE.get("lt-15-death-group"), "en")
    assert "gate" in group
    assert group.count("if the citizen chose it") == 3
    assert "waits for all" in group
    assert re.search(r'"\|death\|join" -> "\|refused"', group)
    assert '"|further" -> "residence|remove"' in group
    assert '"residence|approve" -> "|further|join"' in group


def test_branches_say_when_they_are_taken() -> None:
    lost = CATALOGUE.get("lt-02-land-change-no-tax")
    steps = dict(lost.process.steps)
    either = (Branch("sign", {"plot": 'a "small" one'}), Branch("check"))
    steps["appraise"] = msgspec.structs.replace(steps["appraise"], then=either)
    forked = msgspec.structs.replace(lost, process=Process("receive", steps), digest="")
    source = dot_source(forked)
    assert r'"|appraise" -> "|sign" [label=" plot = a \"small\" one \n"]' in source
    assert '"|appraise" -> "|check" [label=""]' in source


def test_languages() -> None:
    procedure = CATALOGUE.get("lt-16-social-allowance")
    assert "Trợ cấp xã hội hàng tháng" in dot_source(procedure)
    english = dot_source(procedure, "en")
    assert "Monthly social allowance" in english
    assert "22 working days" in english
    assert "Trợ cấp" not in english


def test_where_a_dossier_is() -> None:
    procedure = CATALOGUE.get("lt-16-social-allowance")
    assert drawing.MARKED["fillcolor"] not in dot_source(procedure)
    marked = dot_source(procedure, at={"": "district", "district": "appraise"})
    boxes = [line for line in marked.splitlines() if drawing.MARKED["fillcolor"] in line]
    assert len(boxes) == 2
    assert '"|district"' in boxes[0]
    assert '"district|appraise"' in boxes[1]


def test_words_are_escaped() -> None:
    sharp = Text("<Mẫu & thử>", "<Sample>")
    procedure = msgspec.structs.replace(CATALOGUE.get("lt-11-household-business"), title=sharp)
    assert "&lt;Mẫu &amp; thử&gt;" in dot_source(procedure)


def test_functions_without_a_name_of_ours_take_that_of_their_only_agency() -> None:
    named = functions_named(load_organisation())
    assert named["province"].vi == "Ủy ban nhân dân tỉnh Quảng Ninh"
    assert "commune" not in named


def test_without_dot_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing.shutil, "which", lambda _: None)
    with pytest.raises(DotMissing, match="apt-get install graphviz"):
        draw(CATALOGUE.get("lt-11-household-business"))


@needs_dot
def test_graphviz_draws_it() -> None:
    procedure = CATALOGUE.get("lt-14-birth-group")
    shown = texts(draw(procedure, at={"": "benefits"}))
    assert titles_of(procedure) <= set(shown)
