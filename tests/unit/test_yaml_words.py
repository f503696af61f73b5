"""What is wrong with how a file is written is said in the reader's language, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.web.spoken import spoken
from workflows.yaml_source import read_source

WRONG = [
    ("a: b: c", (1, 5), "chỗ này không được có dấu hai chấm"),
    ("a: 1\n b: 2", (2, 3), "chỗ này không được có dấu hai chấm"),
    ("a: 1\nbộ phận\nc: 2", (2, 1), "sau chỗ này thiếu dấu hai chấm"),
    ("a: 'it's'", (1, 8), "hãy xem lại dấu nháy"),
    ("a:\n  - x\n  y: 1", (3, 3), "bắt đầu bằng dấu -"),
    ("a: - b", (1, 4), "danh sách phải bắt đầu ở một dòng riêng"),
    ('a: 1\nb: "x\nc: 1', (2, 4), "dấu nháy mở ở đây chưa được đóng"),
    ("a: 'x\nb: 1", (1, 4), "dấu nháy mở ở đây chưa được đóng"),
    ("a: @x", (1, 4), "văn bản bắt đầu bằng ký tự này"),
    ("a: {b: 1\nc: 2", (2, 2), "dấu { chưa được đóng"),
    ("a: [1, 2\nb: 3", (2, 2), "dấu [ chưa được đóng"),
    ("a: ]", (1, 4), "chỗ này thiếu giá trị"),
    ("a: * x", (1, 5), "văn bản bắt đầu bằng * hoặc &"),
    ("a: |x\n b", (1, 5), "sau dấu | hoặc >"),
    ('a: "\\q"', (1, 5), "hãy dùng dấu nháy đơn"),
    ("  a: 1\nb: 2", (2, 1), "hãy thụt dòng này như dòng đầu"),
    ("a:\n\t- b", (2, 1), "có ký tự tab"),
    ("a: 1\nđ: \x07", (2, 4), "có ký tự điều khiển"),
    ("a: 1\na: 2", (2, 1), "hai lần"),
    ("a: |0\n b", (1, 5), "từ dòng 1, cột 5 trở đi không phải là YAML (while scanning a block "
     "scalar found an indentation indicator equal to 0)"),
]  # fmt: skip
"""A file, where it is wrong, and some of what is said of it in Vietnamese."""


@pytest.mark.parametrize(("text", "place", "said"), WRONG)
def test_what_is_not_yaml_is_said_in_vietnamese(
    tmp_path: Path, text: str, place: tuple[int, int], said: str
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    (problem,) = read_source(file).problems
    assert (problem.line, problem.column) == place
    told = spoken(problem.message, "vi")
    assert said in told
    assert told != problem.message
