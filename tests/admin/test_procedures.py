"""Definitions: checked with line and column, compared, drawn, activated for good or not at all."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event

from app.admin import records
from app.admin.changes import differences
from app.admin.checking import checked, in_force
from app.house import House, open_house
from app.settings import Settings
from engine.runtime import Call, Done
from schemas.commands import Receive
from tests.desk.conftest import As
from workflows.load import CATALOGUE, load_procedure
from workflows.model import Limit
from workflows.yaml_source import MAX_BYTES

SHIPPED = CATALOGUE / "03-mortgage-registration.yaml"
ID = "lt-03-mortgage-registration"
FORMS = "/admin/procedures"


GROUP = """
procedure: group-of-ours
version: "2021-03-01"
source: unknown
title: {{vi: Nhóm, en: Group}}
field: {{vi: Đất đai, en: Land}}
kind: interlinked
desk: district-one-stop
limit: 9 days
valid from: 2021-03-01
steps:
  receive:
    by: receiver at desk
    act: forward
    limit: 0.5 day
    then: work
  work:
    leg: {{at: land-registration-branch, limit: 3 days, procedure: {part}}}
    then: return
  return:
    by: receiver at desk
    act: return
    limit: 0.5 day
    then: done
"""


def newer(**other: str) -> str:
    """A later version of a shipped procedure, with other lines."""
    lines = []
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        key = line.partition(":")[0]
        if key == "valid to":
            continue
        lines.append(f"{key}: {other[key]}" if key in other and line[0] != " " else line)
    return "\n".join(lines) + "\n"


NEWER = {"version": '"2021-04-01"', "valid from": "2021-03-15", "limit": "4 days"}


def upload(client: TestClient, text: str | bytes, name: str = "new.yaml") -> Response:
    content = text.encode() if isinstance(text, str) else text
    return client.post(FORMS, files={"file": (name, content, "application/yaml")})


def test_a_version_is_checked_compared_drawn_and_activated(as_: As, house: House) -> None:
    admin = as_("administrator")
    place = upload(admin, newer(**NEWER)).headers["location"]
    page = admin.get(place).text
    assert "Thay đổi so với phiên bản 2021-01-01" in page
    assert "<del>3 ngày làm việc</del>" in page
    assert "<ins>4 ngày làm việc</ins>" in page
    picture = admin.get(f"{place}/picture.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert all(each.key != (ID, "2021-04-01") for each in house.law.procedures())
    asked = admin.post(f"{place}/activate")
    assert "Không thể hoàn tác" in asked.text
    assert all(each.key != (ID, "2021-04-01") for each in house.law.procedures())
    answer = admin.post(f"{place}/activate", data={"sure": "yes"})
    assert answer.headers["location"] == f"{FORMS}/{ID}/2021-04-01"
    assert "Thay đổi so với phiên bản 2021-01-01" in admin.get(answer.headers["location"]).text
    assert "Kích hoạt thủ tục" in admin.get("/admin").text


def test_what_is_received_from_its_first_day_on_follows_it(
    as_: As, house: House, settings: Settings
) -> None:
    admin = as_("administrator")
    place = upload(admin, newer(**NEWER)).headers["location"]
    before = house.law
    admin.post(f"{place}/activate", data={"sure": "yes"})
    assert house.law is not before
    assert received(house).dossier(house.log.streams()[-1])
    with open_house(settings, write=True) as again:
        versions = {each.version for each in again.law.procedures() if each.id == ID}
        assert "2021-04-01" in versions
        found = in_force(again.law, ID, "2021-03-31")
        assert found is not None
        assert found.limit == Limit.parse("4 days")


def received(house: House) -> House:
    command = Receive(actor="ub-desk.receiver-1", agency="ub-desk", procedure=ID)
    done = house.runtime.handle(Call(command, house.runtime.new_id(), at=house.now, now=house.now))
    assert isinstance(done, Done)
    assert house.dossier(done.code).dossier.procedure == (ID, "2021-04-01")
    return house


def test_what_is_wrong_has_line_and_column_and_is_not_activated(as_: As, house: House) -> None:
    admin = as_("administrator")
    place = upload(admin, newer(**NEWER | {"limit": "4 dys"})).headers["location"]
    page = admin.get(place).text
    line = next(
        number for number, each in enumerate(newer(**NEWER).splitlines(), 1)
        if each.startswith("limit")
    )  # fmt: skip
    assert f"dòng {line}, cột 8" in page
    assert "4 dys" in page
    assert "/activate" not in page
    refused = admin.post(f"{place}/activate", data={"sure": "yes"})
    assert refused.status_code == 422
    assert admin.get(f"{place}/picture.svg").status_code == 404
    assert all(each.version != "2021-04-01" for each in house.law.procedures())


def test_soundness_is_told_where_it_breaks(as_: As) -> None:
    admin = as_("administrator")
    text = newer(**NEWER).replace("receiver", "astronaut")
    page = admin.get(upload(admin, text).headers["location"]).text
    assert "astronaut" in page
    assert "govuk-error-summary" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x]\nb: [*a, *a]\n", "an anchor"),
        ("a: !!python/object/apply:os.system [id]\n", "a tag"),
        ("[" * 500 + "]" * 500, "nested more than"),
        ("a:\t1\n", "a tab"),
        ("a: [\n", "not YAML"),
        ("", ""),
        ("\x00\x01", ""),
        ("<script>alert(1)</script>: 1\n", ""),
    ],
)
def test_bombs_and_nonsense_are_refused(as_: As, text: str, said: str) -> None:
    admin = as_("administrator")
    admin.cookies.set("lang", "en")
    answer = upload(admin, text, '<img src=x onerror="alert(1)">.yaml')
    if not text:
        assert answer.status_code == 422
        return
    page = admin.get(answer.headers["location"])
    assert page.status_code == 200
    assert said in page.text
    for hostile in ("<script>alert", "<img src=x"):
        assert hostile not in page.text
    assert "/activate" not in page.text


def test_bytes_that_are_no_text_and_too_many_are_refused(as_: As) -> None:
    admin = as_("administrator")
    admin.cookies.set("lang", "en")
    page = admin.get(upload(admin, b"a: \xff\xfe\n").headers["location"]).text
    assert "not UTF-8" in page
    assert upload(admin, b"#" * (MAX_BYTES + 1)).status_code == 413


def test_a_registered_version_never_changes(as_: As, house: House) -> None:
    admin = as_("administrator")
    admin.cookies.set("lang", "en")
    same = newer(**{"limit": "9 days"})
    page = admin.get(upload(admin, same).headers["location"]).text
    assert "is registered with other content" in page
    known = SHIPPED.read_text(encoding="utf-8")
    page = admin.get(upload(admin, known).headers["location"]).text
    assert "This version is registered already" in page
    assert "/activate" not in page
    early = newer(**{"version": '"2020-01-01"', "valid from": "2020-01-01"})
    page = admin.get(upload(admin, early).headers["location"]).text
    assert "a new one begins later" in page


def test_a_leg_may_run_a_procedure_that_is_known(house: House, tmp_path: Path) -> None:
    """One of the folder, or one that was uploaded and activated; not one that nobody knows."""
    text = GROUP.format(part=ID).encode()
    found = checked(text, house.law, CATALOGUE)
    assert found.errors == ()
    assert found.procedure is not None
    (_, leg), *_ = found.procedure.legs()
    assert leg.procedure == (ID, "2021-01-01")
    alone = checked(text, house.law, tmp_path)
    assert [each.field for each in alone.errors] == ["steps.work.leg.procedure"]
    assert alone.procedure is None
    activated = newer(version='"2021-01-01"').encode()
    assert checked(text, house.law, tmp_path, [activated]).errors == ()


def test_nothing_differs_from_itself_and_each_change_is_named() -> None:
    shipped = load_procedure(SHIPPED)
    assert differences(shipped, shipped) == []
    changed = msgspec.structs.replace(shipped, limit=Limit.parse("5 days"), levels=2)
    assert {each.where for each in differences(shipped, changed)} == {"limit", "levels"}
    steps = {name: step for name, step in shipped.process.steps.items() if name != "appraise"}
    without = msgspec.structs.replace(
        shipped, process=msgspec.structs.replace(shipped.process, steps=steps)
    )
    gone = differences(shipped, without)
    assert gone
    assert all(each.where.startswith("steps.appraise.") and not each.after for each in gone)


def test_only_the_last_files_are_kept(as_: As, house: House) -> None:
    admin = as_("administrator")
    for number in range(records.MOST_DRAFTS + 3):
        upload(admin, f"a: {number}\n")
    assert len(records.uploaded(house.home, "procedure", activated=False)) == records.MOST_DRAFTS
    assert admin.get(f"{FORMS}/drafts/nothing").status_code == 404


@pytest.mark.parametrize("who", ["ub-desk.receiver-1", "monitor", "auditor"])
def test_nobody_else_comes_here(as_: As, who: str) -> None:
    client = as_(who)
    for path in (
        "/admin",
        FORMS,
        f"{FORMS}/{ID}/2021-01-01",
        "/admin/agencies",
        "/admin/calendars",
    ):
        assert client.get(path).status_code == 403
    assert upload(client, newer(**NEWER)).status_code == 403
    assert client.post(f"{FORMS}/drafts/x/activate", data={"sure": "yes"}).status_code == 403


def test_pages_are_there_in_both_languages(as_: As) -> None:
    admin = as_("administrator")
    for path, vi, en in (
        ("/admin", "Quản trị", "Administration"),
        (FORMS, "Kiểm tra định nghĩa thủ tục", "Check a definition"),
        (f"{FORMS}/{ID}/2021-01-01", "Căn cứ pháp lý", "Legal basis"),
        ("/admin/agencies", "Cơ quan kế tục", "Successor"),
        ("/admin/calendars", "Ngày làm bù", "Weekends worked"),
        ("/admin/views", "Bảng số liệu", "Views"),
        ("/admin/parked", "Không có sự kiện nào bị treo", "Nothing is parked"),
    ):
        admin.cookies.clear()
        assert vi in admin.get(path).text
        admin.cookies.set("lang", "en")
        assert en in admin.get(path).text


def test_the_tree_is_that_of_the_day(as_: As) -> None:
    admin = as_("administrator")
    assert "ub-desk" in admin.get("/admin/agencies?on=2021-06-01").text
    assert ">ub-desk<" not in admin.get("/admin/agencies?on=2026-01-01").text
    assert "Ngày đó chưa có cơ quan nào" in admin.get("/admin/agencies?on=1990-01-01").text
    assert admin.get("/admin/agencies?on=someday").status_code == 422


def test_a_calendar_tells_its_days(as_: As) -> None:
    admin = as_("administrator")
    page = admin.get("/admin/calendars/vn-2020-12-09?year=2021").text
    assert "30/04/2021" in page
    assert admin.get("/admin/calendars/vn-2020-12-09?year=2500").status_code == 200
    assert admin.get("/admin/calendars/none").status_code == 404


def test_a_wrong_file_is_followed_by_a_corrected_one(as_: As) -> None:
    admin = as_("administrator")
    for page in (FORMS, "/admin/agencies", "/admin/calendars"):
        sent = admin.post(page, files={"file": ("new.yaml", b"a: 1", "application/yaml")})
        text = admin.get(sent.headers["location"]).text
        assert "Tải lên tệp đã sửa" in text
        assert f'action="{page}" enctype="multipart/form-data"' in text


def test_what_is_in_files_is_not_read_to_list_them(as_: As, house: House) -> None:
    admin = as_("administrator")
    for page in (FORMS, "/admin/agencies", "/admin/calendars"):
        admin.post(page, files={"file": ("new.yaml", b"a: 1", "application/yaml")})
        asked: list[str] = []

        def hear(*told: object, asked: list[str] = asked) -> None:
            asked.append(str(told[2]))

        event.listen(house.home.engine, "before_cursor_execute", hear)
        assert "new.yaml" in admin.get(page).text
        event.remove(house.home.engine, "before_cursor_execute", hear)
        assert [each for each in asked if "_drafts" in each and ".content" in each] == []
        assert any("_drafts" in each for each in asked)


def test_what_a_registered_version_has_against_it_is_told_where_it_stands(house: House) -> None:
    text = newer(**{**NEWER, "valid from": "2020-12-31"})
    (line,) = [
        number for number, each in enumerate(text.splitlines(), 1)
        if each.startswith("valid from")
    ]  # fmt: skip
    (error,) = checked(text.encode(), house.law, CATALOGUE).errors
    assert (error.line, error.column, error.field) == (line, len("valid from: ") + 1, "valid from")
