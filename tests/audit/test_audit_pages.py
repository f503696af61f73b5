"""An auditor's page: any version, any moment, what changed, what proves it, who read it."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.audit import labels
from app.audit.differences import differences, history, values
from app.desk.context import Desk
from app.house import House
from app.times import parse_moment
from app.web.pages.audit import TIMES
from consumers.views.parties import parties
from engine.core.dossier import Dossier, LegState
from engine.runtime import Folded, fold
from schemas.envelope import to_micros
from tests.desk.conftest import As

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def code(house: House) -> str:
    """The dossier to which most has happened."""
    return max(house.log.streams(), key=lambda each: len(house.log.read_stream(each)))


def test_every_field_of_the_state_has_words_or_is_left_out_on_purpose() -> None:
    assert set(Dossier.__struct_fields__) == set(labels.DOSSIER) | labels.DOSSIER_LEFT_OUT
    assert set(LegState.__struct_fields__) == set(labels.LEG) | labels.LEG_LEFT_OUT


def test_all_changes_together_are_the_whole_state(house: House) -> None:
    """One after the other they give the last state: none is missing and none is wrong."""
    for code in house.log.streams():
        built = values(Dossier(code))
        records = house.log.read_stream(code)
        for seen in history(records):
            for change in seen.changes:
                key = (change.leg, change.field, change.part)
                assert built.get(key) == change.before
                if change.after is None:
                    del built[key]
                else:
                    built[key] = change.after
        assert built == values(fold(records, Folded(Dossier(code))).dossier)


def test_nothing_differs_from_itself(house: House, code: str) -> None:
    dossier = house.dossier(code).dossier
    assert differences(dossier, dossier) == []
    other = msgspec.structs.replace(dossier, facts={"commune": "x"}, signed=not dossier.signed)
    fields = {(each.field, each.part) for each in differences(dossier, other)}
    assert {("signed", ""), ("facts", "commune")} <= fields


def test_an_auditor_reads_it_in_both_languages(as_: As, code: str) -> None:
    auditor = as_("auditor")
    assert "Chuỗi nguyên vẹn" in auditor.get(f"/dossiers/{code}/audit").text
    auditor.cookies.set("lang", "en")
    page = auditor.get(f"/dossiers/{code}/audit").text
    assert "The chain holds" in page
    assert "What happened, and what it changed" in page


@pytest.mark.parametrize("who", ["ub-desk.receiver-1", "monitor", "administrator"])
def test_nobody_but_an_auditor_does(as_: As, code: str, who: str) -> None:
    client = as_(who)
    for path in (
        f"/dossiers/{code}/audit",
        f"/dossiers/{code}/audit/history",
        f"/compare?a={code}",
    ):
        assert client.get(path).status_code == 403


def test_an_auditor_of_an_agency_reads_only_its_dossiers(as_: As, desk: Desk, house: House) -> None:
    auditor = as_("auditor", agency="ub-tax")
    codes = house.log.streams()
    with desk.reading() as connection:
        mine = next(each for each in codes if "ub-tax" in parties(connection, each))
        # Nor does it come there: it is over.
        other = next(
            each
            for each in codes
            if "ub-tax" not in parties(connection, each) and house.dossier(each).dossier.outcome
        )
    assert auditor.get(f"/dossiers/{mine}/audit").status_code == 200
    for path in (f"/dossiers/{other}/audit", f"/dossiers/{other}/audit/history",
                 f"/compare?a={mine}&b={other}"):  # fmt: skip
        answer = auditor.get(path)
        assert answer.status_code == 404, path
    assert desk.reads.who_read(other) == []


def test_the_state_is_that_of_the_version(as_: As, code: str, house: House) -> None:
    auditor = as_("auditor")
    for version in range(1, len(house.log.read_stream(code)) + 1):
        page = auditor.get(f"/dossiers/{code}/audit?version={version}").text
        then = house.runtime.load(code, until=version).dossier
        part = page[page.index('id="then"') : page.index("auditor-history")]
        for leg in then.open_legs():
            if leg.holder is not None:
                assert leg.holder.officer in part
        assert f'max="{len(house.log.read_stream(code))}" value="{version}"' in page


def test_a_leg_inside_a_leg_says_by_which_step_it_was_opened(as_: As, house: House) -> None:
    code = next(
        each
        for each in house.log.streams()
        if "district/chairman" in house.dossier(each).dossier.legs
    )
    page = " ".join(as_("auditor").get(f"/dossiers/{code}/audit").text.split())
    for leg, step in (
        ("Cấp huyện", "Chờ cấp huyện"),
        ("Chủ tịch cấp huyện", "Chờ Chủ tịch cấp huyện"),
    ):
        opened = f'{leg}</span> <strong>Mở bởi bước</strong> <span class="govuk-visually-hidden">'
        assert f"{opened}thành</span><ins>{step}</ins>" in page


def test_each_time_has_a_place_for_each_moment_at_which_something_came_to_pass(
    as_: As, code: str, house: House
) -> None:
    """Asked for as it stands there, it is what had come to pass by then; the last is all of it."""
    auditor = as_("auditor")
    page = auditor.get(f"/dossiers/{code}/audit").text
    records = house.log.read_stream(code)
    for name, of in TIMES.items():
        part = page[page.index(f'id="{name}-times"') :].partition("</datalist>")[0]
        values = re.findall(r'<option value="([^"]+)"', part)
        assert values == sorted(set(values))
        assert len(values) <= len({of(each) for each in records})
        for value in values:
            then = auditor.get(f"/dossiers/{code}/audit?{name}={value}").text
            until = to_micros(parse_moment(value))
            last = sum(of(each) <= until for each in records)
            assert f'id="version-shown">{last}<' in then
            assert f'name="{name}" value="{value}"' in then
        assert last == len(records)


def test_time_is_valid_time_and_known_time(as_: As, code: str, house: House) -> None:
    auditor = as_("auditor")
    first = house.log.read_stream(code)[0]
    day = "2021-03-03"
    for query in (f"at={day}", f"known={day}", f"at={day}&known={day}", "at=03/03/2021"):
        assert auditor.get(f"/dossiers/{code}/audit?{query}").status_code == 200
    before = auditor.get(f"/dossiers/{code}/audit?at=1999-01-01").text
    assert "Lúc đó chưa có việc gì" in before
    unknown = auditor.get(f"/dossiers/{code}/audit?known=1999-01-01").text
    assert "Lúc đó chưa có việc gì" in unknown
    assert first.version == 1
    wrong = auditor.get(f"/dossiers/{code}/audit?at=soon")
    assert wrong.status_code == 200
    assert "govuk-error-message" in wrong.text


def test_versions_that_are_none(as_: As, code: str) -> None:
    auditor = as_("auditor")
    assert auditor.get(f"/dossiers/{code}/audit?version=0").status_code == 422
    last = auditor.get(f"/dossiers/{code}/audit?version=99999").text
    assert re.search(r'name="version" min="1" max="(\d+)" value="\1"', last)
    assert auditor.get("/dossiers/nowhere/audit").status_code == 404


def test_who_read_it_is_told(as_: As, code: str) -> None:
    as_("ub-desk.receiver-1").get(f"/dossiers/{code}")
    page = as_("auditor").get(f"/dossiers/{code}/audit").text
    assert "ub-desk.receiver-1@ub-desk" in page


def test_a_broken_chain_is_said(as_: As, code: str, house: House) -> None:
    with house.log.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS events_never_changed")
        for name in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'"
        ).scalars().all():  # fmt: skip
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        connection.execute(
            sa.text(
                "UPDATE events SET occurred_at = occurred_at + 1 WHERE version = 3 AND stream ="
                " (SELECT id FROM streams WHERE name = :code)"
            ),
            {"code": code},
        )
    page = as_("auditor").get(f"/dossiers/{code}/audit").text
    assert "Chuỗi không nguyên vẹn" in page
    assert "Từ sự kiện 3" in page


@pytest.mark.parametrize(("format_", "kind"), [("json", "json"), ("ocel", "json"), ("xes", "xml")])
def test_the_history_can_be_downloaded(as_: As, code: str, format_: str, kind: str) -> None:
    answer = as_("auditor").get(f"/dossiers/{code}/audit/history?format={format_}")
    assert answer.headers["content-type"].startswith(f"application/{kind}")
    assert f'filename="{code}.' in answer.headers["content-disposition"]
    assert code in answer.text
    if format_ == "json":
        assert [each["code"] for each in json.loads(answer.text)["dossiers"]] == [code]
    assert as_("auditor").get(f"/dossiers/{code}/audit/history?format=doc").status_code == 422


def test_two_dossiers_stand_side_by_side(as_: As, house: House, desk: Desk) -> None:
    one, other, *_ = house.log.streams()
    auditor = as_("auditor")
    page = auditor.get(f"/compare?a={one}&b={other}").text
    assert one in page
    assert other in page
    assert "auditor-differs" in page
    assert "/compare" in {each.page for each in desk.reads.who_read(other)}
    same = auditor.get(f"/compare?a={one}&b={one}").text
    assert "auditor-differs" not in same


def test_legs_that_are_compared_are_called_by_their_names(as_: As, house: House) -> None:
    tax = next(code for code in house.log.streams() if "tax" in house.dossier(code).dossier.legs)
    page = as_("auditor").get(f"/compare?a={tax}&b={tax}").text
    assert "Cơ quan thuế:" in page
    assert ">tax<" not in page


def test_what_is_missing_to_compare_is_asked_for(as_: As, code: str) -> None:
    auditor = as_("auditor")
    assert auditor.get("/compare").status_code == 200
    half = auditor.get(f"/compare?a={code}").text
    assert f'value="{code}"' in half
    wrong = auditor.get(f"/compare?a={code}&b=nowhere{HOSTILE}")
    assert wrong.status_code == 404
    assert "<script>alert" not in wrong.text


def test_the_page_of_an_auditor_says_nothing_private(as_: As, house: House) -> None:
    auditor = as_("auditor")
    seen = 0
    for code in house.log.streams()[:12]:
        page = auditor.get(f"/dossiers/{code}/audit").text
        for record in house.log.read_stream(code):
            private = record.event().private
            for text in private.applicant.values() if private else ():
                if len(text) > 8:
                    seen += 1
                    assert text not in page
    assert seen


def test_no_page_of_the_auditor_is_heavy(as_: As, code: str, client: TestClient) -> None:
    auditor = as_("auditor")
    for path in (f"/dossiers/{code}/audit", "/search?q=ub", f"/compare?a={code}&b={code}"):
        assert len(auditor.get(path).content) < 150_000
