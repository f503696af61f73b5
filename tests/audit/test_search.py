"""Search: folded, over names that no event has, and never over what is not one's own to read."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.audit.finding import meant
from app.desk.context import Desk
from app.house import House
from consumers.folding import folded, words_of
from consumers.views.parties import parties
from consumers.views.search import TABLE, Asked, codes, search
from tests.desk.conftest import As

HOSTILE = "'\"><script>alert(1)</script>%_"


def found(client: TestClient, query: str) -> list[str]:
    return re.findall(r'data-row href="/dossiers/([^"/]+)', client.get(f"/search?{query}").text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Đất đai – Uông Bí", "dat dai uong bi"),
        ("ĐĂNG KÝ", "dang ky"),
        ("000.00.01.H22-190511-0001", "000.00.01.h22-190511-0001"),
        ("Nguyễn   (Văn)\nẶ", "nguyen van a"),
        ("- . _ /", ""),
        ("số 12/QĐ-UBND", "so 12/qd-ubnd"),
    ],
)
def test_text_is_folded(text: str, plain: str) -> None:
    assert folded(text) == plain
    assert folded(plain) == plain


def test_the_words_of_a_query_are_each_there_once() -> None:
    assert words_of("đất Đất dat đai") == ["dat", "dai"]


def test_a_name_is_found_whether_with_its_diacritics_or_without(as_: As) -> None:
    auditor = as_("auditor")
    with_, without = found(auditor, "q=đất đai"), found(auditor, "q=dat+dai")
    assert with_ == without
    assert with_
    assert found(auditor, "q=Uông Bí") == found(auditor, "q=uong bi") != []


def test_a_procedure_is_found_by_its_title_and_so_is_an_agency(as_: As, house: House) -> None:
    auditor = as_("auditor")
    for word, procedure in (("the chap", "lt-03-mortgage-registration"),):
        codes_ = found(auditor, f"q={word}")
        kinds = {house.dossier(code).dossier.procedure[0] for code in codes_}
        assert procedure in kinds
    assert found(auditor, "q=chi nhanh van phong dang ky dat dai") != []


def test_a_dossier_is_found_by_its_code_and_by_its_beginning(as_: As, house: House) -> None:
    auditor, code = as_("auditor"), house.log.streams()[3]
    assert found(auditor, f"q={code}") == [code]
    assert code in found(auditor, f"q={code[:-2]}")
    assert code in found(auditor, f"q={code[3:]}")


def test_an_officer_and_a_fact_are_found(desk: Desk, house: House) -> None:
    with desk.reading() as connection:
        officer = search(connection, Asked(words=meant(house.law, "ub-land.specialist-1")))
        fact = search(connection, Asked(words=meant(house.law, "accepted")))
    assert officer
    assert fact == [] or all(hit.code for hit in fact)
    for hit in officer:
        seen = {each.actor for each in house.log.read_stream(hit.code)}
        assert "ub-land.specialist-1" in seen | {
            getattr(each.event(), "to_officer", None) for each in house.log.read_stream(hit.code)
        } | {getattr(each.event(), "officer", None) for each in house.log.read_stream(hit.code)}


def test_nothing_private_is_among_the_words(house: House, desk: Desk) -> None:
    names = set()
    for code in house.log.streams():
        for record in house.log.read_stream(code):
            private = record.event().private
            if private is not None:
                names |= {folded(each) for each in private.applicant.values() if " " in each}
    with desk.reading() as connection:
        rows = list(connection.execute(select(TABLE.c.words)).scalars())
    assert names
    assert [name for name in names for words in rows if name in words] == []


def test_an_agency_finds_only_what_it_has_a_part_in(as_: As, desk: Desk) -> None:
    everything = set(found(as_("auditor"), "q=ub"))
    tax = as_("ub-tax.tax-officer-1")
    mine = set(found(tax, "q=ub"))
    assert mine
    assert mine < everything
    with desk.reading() as connection:
        for code in everything:
            assert (code in mine) == ("ub-tax" in parties(connection, code))
    other = min(everything - mine)
    assert found(tax, f"q={other}") == []


def test_an_agency_that_had_a_part_is_found_whether_or_not_it_took_the_dossier(
    desk: Desk, house: House
) -> None:
    with desk.reading() as connection:
        had = {code: parties(connection, code) for code in house.log.streams()}
        for agency in set().union(*had.values()):
            there = set(codes(connection, Asked(party=agency)))
            assert there == {code for code, agencies in had.items() if agency in agencies}, agency


def test_filters_narrow(as_: As, house: House) -> None:
    auditor = as_("auditor")
    whole = found(auditor, "q=ub")
    for code in found(auditor, "procedure=lt-03-mortgage-registration"):
        assert house.dossier(code).dossier.procedure[0] == "lt-03-mortgage-registration"
    open_, ended = found(auditor, "q=ub&state=open"), found(auditor, "q=ub&state=ended")
    assert sorted(open_ + ended) == sorted(whole)
    assert found(auditor, "q=ub&since=2030-01-01") == []
    assert found(auditor, "q=ub&since=01/01/2020&until=31/12/2029") == found(
        auditor, "q=ub&until=2029-12-31"
    )
    assert sorted(found(auditor, "q=ub&until=31/12/2029")) == sorted(whole)
    assert 'href="#until"' in auditor.get("/search?q=ub&until=never").text
    assert found(auditor, "party=ub-tax") != []


def test_many_pages_have_every_dossier_once(desk: Desk, house: House) -> None:
    with desk.reading() as connection:
        first = search(connection, Asked(), limit=7)
        seen = [each.code for each in first]
        while more := search(
            connection, Asked(), limit=7, before=(first[-1].begun_at, first[-1].code)
        ):
            seen += [each.code for each in more]
            first = more
        assert seen == list(codes(connection, Asked()))
    assert sorted(seen) == house.log.streams()


def test_hostile_text_finds_nothing_and_does_nothing(as_: As) -> None:
    auditor = as_("auditor")
    for query in (f"q={HOSTILE}", f"party={HOSTILE}", f"procedure={HOSTILE}", "before=x~y",
                  f"state={HOSTILE}&q=ub", "q=%25", "before=99999999999999999999~z",
                  "q=ub&before=5~%27"):  # fmt: skip
        answer = auditor.get(f"/search?{query}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
    # No database takes NUL, so nobody is asked.
    assert auditor.get("/search?q=%00").status_code == 422


def test_words_that_every_agency_has_are_not_looked_for(house: House) -> None:
    telling = meant(house.law, "phường khai sinh")
    assert "khai" in [word.text for word in telling]
    only = meant(house.law, "ubnd")
    assert [word.text for word in only] == ["ubnd"]


def test_an_empty_search_asks_and_finds_nothing(as_: As) -> None:
    page = as_("auditor").get("/search").text
    assert "data-row" not in page
    assert "Không tìm thấy" not in page
    assert "Không tìm thấy" in as_("auditor").get("/search?q=khoailang").text


def test_who_may_search(client: TestClient, as_: As) -> None:
    assert client.get("/search?q=x").status_code == 303
    assert as_("administrator").get("/search?q=x").status_code == 403
    monitor = as_("monitor").get("/search?q=ub")
    assert monitor.status_code == 200
    assert "/search/export" not in monitor.text
    assert as_("monitor").get("/search/export?q=ub").status_code == 403


@pytest.mark.parametrize("format_", ["json", "xes", "ocel"])
def test_what_is_found_is_taken_away_and_each_is_a_read(as_: As, desk: Desk, format_: str) -> None:
    auditor = as_("auditor")
    listed = found(auditor, "q=dat+dai&state=ended")
    answer = auditor.get(f"/search/export?q=dat+dai&state=ended&format={format_}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert all(code in answer.text for code in listed)
    assert [each.action for each in desk.reads.who_read(listed[0])] == ["audit.read"]
    assert auditor.get("/search/export?format=exe").status_code == 422
