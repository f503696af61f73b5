"""What is wrong with a definition is said in Vietnamese too, on the page of who uploaded it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.web.spoken import spoken
from schemas.sentence import Sentence
from tests.web.conftest import Officer
from tests.web.reading import Page
from tests.web.test_said_in_vietnamese import ENGLISH
from workflows.load import check
from workflows.load_organisation import load_organisation

BROKEN = sorted((Path(__file__).parents[1] / "unit" / "broken_procedures").glob("*.yaml"))
QUOTED = re.compile("“[^”]*”")
"""What is repeated from the file, or stands there so."""

ORGANISATION = load_organisation()


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_every_problem_of_a_broken_file(file: Path) -> None:
    report = check([file], ORGANISATION)
    assert report.errors or report.warnings
    for problem in (*report.errors, *report.warnings):
        assert isinstance(problem.message, Sentence), problem
        assert spoken(problem.message, "en") == problem.message
        said = spoken(problem.message, "vi")
        assert said != problem.message
        # What libyaml says of a file that is no YAML has no other language.
        own = QUOTED.sub("", said)
        assert file.stem == "trap-unclosed" or not ENGLISH.search(own), said


def test_the_page_of_a_file_that_is_wrong(at_desk: Officer) -> None:
    file = next(each for each in BROKEN if each.stem == "warn-sum")
    text = file.read_text(encoding="utf-8")
    said = {}
    for lang in ("vi", "en"):
        admin = at_desk("administrator", lang)
        for content in (text, text.replace("act: sign", "act: sgin")):
            sent = {"file": ("new.yaml", content.encode(), "application/yaml")}
            place = admin.client.post("/admin/procedures", files=sent).headers["location"]
            said[lang] = said.get(lang, "") + Page(admin.client.get(place)).text
    assert "không có thao tác “sgin”; có phải là “sign” không?" in said["vi"]
    assert "tổng thời hạn là 5 ngày làm việc, nhưng các bước cộng lại là 3" in said["vi"]
    assert "the act 'sgin' is unknown; did you mean 'sign'?" in said["en"]
