"""Agencies changed by a file: checked, compared, in force from then on, and the past as it was."""

from __future__ import annotations

import html
import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.access.principal import Principal
from app.admin import records
from app.desk.context import Desk
from app.house import House, open_house
from app.law import registry
from app.settings import Settings
from engine.core.rules import Rejected
from engine.runtime import Call
from engine.store.log import Definition
from schemas.commands import Receive
from tests.admin.moment import at_once
from tests.desk.conftest import As
from tests.views_check import faults
from workflows.amend import Amendment
from workflows.load_organisation import ORGANISATION
from workflows.yaml_source import MAX_BYTES

FORMS = "/admin/agencies"
TODAY = date(2021, 3, 31)
BRANCH = """
agencies:
  - id: ub-branch
    name: {vi: Bộ phận một cửa số 2, en: Second one-stop branch}
    level: district
    function: one-stop-branch
    parent: ub
    from: 2021-04-10
    staff: {receiver: 2}
"""
POST_ENDS = """
agencies:
  - id: ub-desk
    name: {vi: Trung tâm Hành chính công thành phố Uông Bí, en: One-stop centre of Uông Bí city}
    level: district
    function: district-one-stop
    officers:
      - {id: ub-desk.receiver-1, roles: [receiver], to: 2021-03-31}
"""


def upload(client: TestClient, text: str | bytes, name: str = "new.yaml") -> Response:
    content = text.encode() if isinstance(text, str) else text
    return client.post(FORMS, files={"file": (name, content, "application/yaml")})


def draft(client: TestClient, text: str) -> str:
    place: str = upload(client, text).headers["location"]
    return place


def activate(client: TestClient, place: str, over: int = 0, sure: str = "yes") -> Response:
    return client.post(f"{place}/activate", data={"sure": sure, "over": str(over)})


def test_an_agency_begins_when_somebody_is_sure(as_: As, house: House) -> None:
    admin = as_("administrator")
    place = draft(admin, BRANCH)
    page = admin.get(place).text
    for said in ("Cơ quan bắt đầu hoạt động", "Bộ phận một cửa số 2", "ub-branch.receiver-2"):
        assert said in page
    later = f"{FORMS}?on=2021-04-10"
    asked = activate(admin, place, sure="").text
    assert "Không thể hoàn tác" in asked
    assert 'name="over" value="0"' in asked
    assert "ub-branch" not in admin.get(later).text
    assert activate(admin, place).headers["location"] == place
    assert "ub-branch" in admin.get(later).text
    assert "ub-branch" not in admin.get(f"{FORMS}?on=2021-04-09").text
    assert "Có hiệu lực từ" in admin.get(place).text
    assert "Thay đổi cơ quan" in admin.get("/admin").text
    acts = [(each.act, each.what) for each in records.acts(house.home)]
    assert acts == [("agencies.activated", "1: new.yaml")]
    (kept,) = registry.amendments(house.log)
    assert kept.on == TODAY
    # Once more is once.
    assert activate(admin, place).status_code == 303
    assert len(registry.amendments(house.log)) == 1
    assert len(records.acts(house.home)) == 1


def test_whoever_opens_the_store_next_has_it_whatever_its_files(
    as_: As, house: House, settings: Settings, tmp_path: Path
) -> None:
    admin = as_("administrator")
    activate(admin, draft(admin, BRANCH))
    with open_house(settings, write=True) as again:
        assert again.law.organisation.agency("ub-branch").valid_from == date(2021, 4, 10)
    files = tmp_path / "files"
    shutil.copytree(ORGANISATION, files)
    one = files / "1-ministry.yaml"
    one.write_text(one.read_text(encoding="utf-8").replace("monre", "moe"), encoding="utf-8")
    with open_house(msgspec.structs.replace(settings, organisation=files), write=True) as other:
        found = {each.id for each in other.law.organisation.agencies()}
        assert {"moe", "ub-branch"} <= found
        assert registry.faults(other.log) == []


def test_an_amendment_that_was_deleted_is_missed(house: House) -> None:
    for number in (1, 2):
        registry.amend(house.log, number, Amendment(TODAY, (), ()))
    assert registry.faults(house.log) == []

    class Without:
        def definitions(self, kind: str) -> list[Definition]:
            found = house.log.definitions(kind)
            return found[1:] if kind == registry.AMENDMENT else found

    missed = registry.faults(Without())  # type: ignore[arg-type]
    assert missed == ["An amendment of the organisation is gone"]


def test_a_bad_file_changes_nothing(as_: As, house: House) -> None:
    admin = as_("administrator")
    before = house.law
    place = draft(admin, BRANCH.replace("parent: ub", "parent: ubb"))
    page = admin.get(place).text
    assert "dòng 7, cột 13" in page
    assert "agencies[0].parent" in page
    assert "không có cơ quan “ubb”" in page
    assert "/activate" not in page
    assert activate(admin, place).status_code == 422
    assert registry.amendments(house.log) == []
    assert house.law is before
    assert records.acts(house.home) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [x]\nb: [*a, *a]\n", "an anchor"),
        ("a: !!python/object/apply:os.system [id]\n", "a tag"),
        ("[" * 500 + "]" * 500, "nested more than"),
        ("agencies: []\n", "This file changes nothing"),
        ("<script>alert(1)</script>: 1\n", "&lt;script&gt;"),
    ],
)
def test_bombs_and_nonsense_are_refused(as_: As, house: House, text: str, said: str) -> None:
    admin = as_("administrator")
    admin.cookies.set("lang", "en")
    place = upload(admin, text, '<img src=x onerror="alert(1)">.yaml').headers["location"]
    page = admin.get(place).text
    assert said in page
    for hostile in ("<script>alert", "<img src=x"):
        assert hostile not in page
    assert "/activate" not in page
    assert activate(admin, place).status_code == 422
    assert registry.amendments(house.log) == []


def test_too_much_and_nothing_are_not_read(as_: As) -> None:
    admin = as_("administrator")
    assert upload(admin, b"#" * (MAX_BYTES + 1)).status_code == 413
    assert upload(admin, b"").status_code == 422
    assert admin.get(f"{FORMS}/drafts/nothing").status_code == 404


def test_of_two_who_saw_the_same_agencies_one_is_first(as_: As, house: House) -> None:
    first, second = as_("administrator"), as_("administrator", agency="qn")
    mine, yours = draft(first, BRANCH), draft(second, BRANCH.replace("ub-branch", "ub-other"))
    assert 'name="over" value="0"' in second.get(yours).text
    assert activate(first, mine).status_code == 303
    late = activate(second, yours)
    assert late.status_code == 409
    assert "Cơ quan vừa được thay đổi" in late.text
    assert 'name="over" value="1"' in second.get(yours).text
    assert activate(second, yours, over=1).status_code == 303
    ids = {each.id for each in house.law.organisation.agencies()}
    assert {"ub-branch", "ub-other"} <= ids


def test_at_the_same_moment_one_is_first(as_: As, house: House) -> None:
    clients = [as_("administrator"), as_("administrator", agency="qn")]
    places = [draft(each, BRANCH.replace("ub-branch", f"ub-b{number}"))
              for number, each in enumerate(clients)]  # fmt: skip
    answers = at_once(activate, list(zip(clients, places, strict=True)))
    assert sorted(each.status_code for each in answers) == [303, 409]
    assert len(registry.amendments(house.log)) == 1


def test_another_server_was_first(as_: As, house: House, settings: Settings) -> None:
    admin = as_("administrator")
    place = draft(admin, BRANCH)
    with open_house(settings) as other:
        registry.amend(other.log, 1, Amendment(TODAY, (), ()))
    assert activate(admin, place).status_code == 409
    assert activate(admin, place, over=1).status_code == 303
    assert len(registry.amendments(house.log)) == 2


def test_the_number_was_taken_while_it_was_looked_at(
    as_: As, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = as_("administrator")
    place = draft(admin, BRANCH)
    registry.amend(house.log, 1, Amendment(TODAY, (), ()))
    monkeypatch.setattr(registry, "amendments", lambda log: [])
    assert activate(admin, place).status_code == 409
    monkeypatch.undo()
    assert len(registry.amendments(house.log)) == 1
    assert records.acts(house.home) == []


def test_nobody_else_comes_here(as_: As, house: House) -> None:
    place = draft(as_("administrator"), BRANCH)
    for who in ("ub-desk.receiver-1", "monitor", "auditor"):
        client = as_(who)
        assert client.get(place).status_code == 403
        assert upload(client, BRANCH).status_code == 403
        assert activate(client, place).status_code == 403
    assert registry.amendments(house.log) == []


def test_what_happened_stays(as_: As, house: House, desk: Desk) -> None:
    """Every dossier folds to what it was, every view says the same, and a day that is over has
    the agencies and officers that it had."""
    admin = as_("administrator")
    codes = house.log.streams(limit=1_000)
    before = {code: house.runtime.load(code).dossier for code in codes}
    dates = {code: house.derivations(before[code]) for code in codes}
    staff, past = house.law.organisation, date(2021, 3, 30)
    activate(admin, draft(admin, BRANCH))
    activate(admin, draft(admin, POST_ENDS), over=1)
    assert house.law.organisation is not staff
    assert {code: house.runtime.load(code).dossier for code in codes} == before
    assert {code: house.derivations(before[code]) for code in codes} == dates
    now = house.law.organisation
    assert list(now.on(past)) == list(staff.on(past))
    assert [each.id for each in now.officers_in("ub-desk", day=past)] == [
        each.id for each in staff.officers_in("ub-desk", day=past)
    ]
    assert faults(house.home, house.log) == []


def test_whose_post_ended_acts_no_more(as_: As, house: House) -> None:
    admin = as_("administrator")
    place = draft(admin, POST_ENDS)
    page = admin.get(place).text
    assert "Vị trí công tác kết thúc" in page
    assert "<ins>31/03/2021</ins>" in page
    assert received(house, "ub-desk.receiver-1") is None
    activate(admin, place)
    assert received(house, "ub-desk.receiver-1") == "unknown-officer"
    assert received(house, "ub-desk.receiver-2") is None


def received(house: House, officer: str) -> str | None:
    """Receives a dossier the day after; the rule that refuses it, if one does."""
    command = Receive(actor=officer, agency="ub-desk", procedure="lt-03-mortgage-registration")
    at = datetime(2021, 4, 1, 2, 0, tzinfo=UTC)
    answer = house.runtime.handle(Call(command, house.runtime.new_id(), at=at, now=at))
    return answer.rule if isinstance(answer, Rejected) else None


def test_who_may_see_what_follows_at_once(as_: As, house: House, desk: Desk) -> None:
    """I12: what was worked out of the agencies before is not asked any more."""
    admin, watcher = as_("administrator"), Principal("w", "monitor", None, "ub", token=True)
    assert not desk.access.oversees("ub", "ub-branch")
    code = house.log.streams(limit=1)[0]
    assert desk.access.permits(watcher, "dossier.read", {"code": code})
    assert not desk.access.needs_store(watcher, {"code": code})
    activate(admin, draft(admin, BRANCH))
    assert desk.access.needs_store(watcher, {"code": code}), "what was remembered is old"
    assert desk.access.oversees("ub", "ub-branch")
    seen = desk.access.agencies(watcher)
    assert seen is not None
    assert "ub-branch" in seen


def test_the_sample_on_the_page_is_sound(as_: As) -> None:
    admin = as_("administrator")
    found = re.search(r"<pre[^>]*><code>(.*?)</code>", admin.get(FORMS).text, re.DOTALL)
    assert found is not None
    page = admin.get(draft(admin, html.unescape(found[1]))).text
    assert "/activate" in page
    assert "qn-home-affairs.specialist-9" in page
