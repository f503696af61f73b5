"""What the forms say, in both languages: titles, headings, and what each column counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.reporting.counting import COLUMNS
from app.settings import Lang
from app.times import written
from workflows.model import Text

TITLES: Mapping[str, Text] = {
    "06a": Text(
        vi="Tình hình, kết quả giải quyết thủ tục hành chính tại cơ quan, đơn vị trực tiếp "
        "giải quyết",
        en="Administrative procedures handled by the agencies that handle them",
    ),
    "06b": Text(
        vi="Tình hình, kết quả giải quyết thủ tục hành chính theo từng thủ tục",
        en="Administrative procedures handled, by procedure",
    ),
    "register": Text(vi="Sổ theo dõi hồ sơ", en="Register of dossiers"),
}

FORMS: Mapping[str, Text] = {
    "06a": Text(vi="Biểu số II.06a/VPCP/KSTT", en="Form II.06a/VPCP/KSTT"),
    "06b": Text(vi="Biểu số II.06b/VPCP/KSTT", en="Form II.06b/VPCP/KSTT"),
    "register": Text(vi="Mẫu số 07", en="Form 07"),
}

GROUPS: tuple[tuple[Text, int], ...] = (
    (Text(vi="Số lượng hồ sơ tiếp nhận", en="Received"), 4),
    (Text(vi="Số lượng hồ sơ đã giải quyết", en="Resolved"), 4),
    (Text(vi="Số lượng hồ sơ đang giải quyết", en="In progress"), 3),
)
"""The headings over the numbered columns, and over how many of them each stands."""

HEADINGS: Mapping[str, Text] = {
    "c3": Text(vi="Tổng số", en="Total"),
    "c4": Text(vi="Trong kỳ, trực tuyến", en="In the period, online"),
    "c5": Text(vi="Trong kỳ, trực tiếp và bưu chính", en="In the period, in person and by post"),
    "c6": Text(vi="Từ kỳ trước", en="Carried over"),
    "c7": Text(vi="Tổng số", en="Total"),
    "c8": Text(vi="Trước hạn", en="Early"),
    "c9": Text(vi="Đúng hạn", en="On time"),
    "c10": Text(vi="Quá hạn", en="Overdue"),
    "c11": Text(vi="Tổng số", en="Total"),
    "c12": Text(vi="Trong hạn", en="Within the limit"),
    "c13": Text(vi="Quá hạn", en="Overdue"),
}

SHORT: Mapping[str, str] = dict(
    zip(COLUMNS, (
        "received", "online", "direct", "carried", "resolved", "early", "on time", "overdue",
        "open", "within", "late",
    ), strict=True)
)  # fmt: skip
"""For the table of the command line."""

EXPLAINED: Mapping[str, Text] = {
    "c3": Text(vi="(3) = (4) + (5) + (6), và bằng (7) + (11).", en="3 = 4 + 5 + 6, and 7 + 11."),
    "c4": Text(
        vi="Tiếp nhận trong kỳ, nộp trực tuyến.", en="Received in the period, handed in online."
    ),
    "c5": Text(
        vi="Tiếp nhận trong kỳ, nộp trực tiếp hoặc qua bưu chính.",
        en="Received in the period, handed in in person or by post.",
    ),
    "c6": Text(
        vi="Tiếp nhận trước kỳ mà đến đầu kỳ chưa giải quyết xong, hoặc được mở lại trong kỳ.",
        en="Received before the period and not finished then, or opened again in it.",
    ),
    "c7": Text(
        vi="Kết thúc giải quyết trong kỳ: khi có kết quả (mã 9), nếu không thì khi trả (10), dừng "
        "(8) hoặc không được giải quyết. (7) = (8) + (9) + (10).",
        en="Finished in the period: when the result was ready (9), else when it was returned "
        "(10), stopped (8) or refused. 7 = 8 + 9 + 10.",
    ),
    "c8": Text(
        vi="Ngày kết thúc sớm hơn ngày hẹn trả.", en="It ended on a day before the appointment."
    ),
    "c9": Text(
        vi="Kết thúc đúng ngày hẹn trả; hồ sơ không có ngày hẹn hoặc công dân rút cũng tính vào "
        "đây.",
        en="It ended on the day of the appointment; so counts what had none or was withdrawn.",
    ),
    "c10": Text(
        vi="Ngày kết thúc muộn hơn ngày hẹn trả, hoặc đã yêu cầu bổ sung quá một lần. Nếu công dân "
        "không bổ sung thì ngày kết thúc là ngày yêu cầu.",
        en="It ended on a day after the appointment, or papers were asked for more than once. "
        "If they never came it ended on the day on which they were asked for.",
    ),
    "c11": Text(
        vi="Đến hết kỳ chưa giải quyết xong. (11) = (12) + (13).",
        en="Not finished by the end of the period. 11 = 12 + 13.",
    ),
    "c12": Text(
        vi="Chưa quá ngày hẹn trả; hồ sơ chờ bổ sung, chờ nghĩa vụ tài chính hoặc đang tạm dừng "
        "cũng tính vào đây.",
        en="Its date has not passed; so counts what waits for papers, for a payment, or is "
        "suspended.",
    ),
    "c13": Text(vi="Đã quá ngày hẹn trả vào ngày cuối kỳ.", en="Its date passed in the period."),
}

LABELS: Mapping[str, Text] = {
    "unit": Text(vi="Đơn vị", en="Unit"),
    "field": Text(vi="Lĩnh vực giải quyết", en="Field"),
    "procedure": Text(vi="Thủ tục hành chính", en="Procedure"),
    "level": Text(vi="Cấp", en="Level"),
}

LEVELS: Mapping[str, Text] = {
    "central": Text(vi="Trung ương", en="Central"),
    "province": Text(vi="Cấp tỉnh", en="Province"),
    "region": Text(vi="Khu vực", en="Region"),
    "district": Text(vi="Cấp huyện", en="District"),
    "commune": Text(vi="Cấp xã", en="Commune"),
}

SAID: Mapping[str, Text] = {
    "number": Text(vi="STT", en="No."),
    "total": Text(vi="Tổng cộng", en="Total"),
    "unknown": Text(vi="Không rõ", en="Unknown"),
    "dossiers": Text(vi="Hồ sơ", en="Dossiers"),
    "legs": Text(
        vi="Phần việc liên thông do cơ quan khác chuyển đến",
        en="Parts of dossiers that other agencies handed over",
    ),
    "period": Text(vi="Kỳ báo cáo: từ ngày {first} đến ngày {last}", en="From {first} to {last}"),
    "so far": Text(
        vi="Kỳ chưa kết thúc: tính đến ngày {day}", en="The period has not ended: as of {day}"
    ),
    "known": Text(
        vi="Theo những gì đã ghi nhận đến {known}", en="By what was recorded up to {known}"
    ),
    "feedback": Text(vi="Đánh giá và phản ánh", en="Ratings and complaints"),
    "rated": Text(vi="Đánh giá", en="Ratings"),
    "complaints": Text(vi="Phản ánh", en="Complaints"),
    "mean": Text(vi="Điểm trung bình", en="Mean"),
    "said": Text(vi="Gửi từ ngày {first} đến ngày {last}", en="Said from {first} to {last}"),
    "ever": Text(vi="Tất cả đã gửi đến nay", en="All that was ever said"),
    "unit": Text(vi="Đơn vị tính: hồ sơ thủ tục hành chính", en="Unit: dossiers"),
    "blank": Text(
        vi="Tên, địa chỉ và chữ ký không lưu ở đây: ghi tay khi cần.",
        en="Names, addresses and signatures are not kept here: written in by hand where needed.",
    ),
}

REGISTER: tuple[tuple[str, Text], ...] = (
    ("code", Text(vi="Mã hồ sơ", en="Code")),
    ("procedure", Text(vi="Tên thủ tục hành chính", en="Procedure")),
    ("applicant", Text(vi="Tên cá nhân, tổ chức; địa chỉ, số điện thoại", en="Applicant")),
    ("unit", Text(vi="Cơ quan tiếp nhận", en="Received at")),
    ("channel", Text(vi="Hình thức nộp", en="Handed in")),
    ("received", Text(vi="Nhận hồ sơ", en="Received")),
    ("appointment", Text(vi="Hẹn trả kết quả", en="Appointment")),
    ("ended", Text(vi="Giải quyết xong", en="Finished")),
    ("returned", Text(vi="Trả kết quả", en="Returned")),
    ("way", Text(vi="Phương thức nhận kết quả", en="Returned by")),
    ("signature", Text(vi="Ký nhận", en="Signature")),
    ("remark", Text(vi="Ghi chú", en="Remark")),
)
"""The columns of form 07. Those of the applicant and his signature stay blank."""

WORDS: Mapping[str, Text] = {
    "online": Text(vi="Trực tuyến", en="Online"),
    "direct": Text(vi="Trực tiếp", en="In person"),
    "post": Text(vi="Bưu chính", en="By post"),
    "desk": Text(vi="Tại bộ phận một cửa", en="At the desk"),
    "early": Text(vi="trước hạn", en="early"),
    "on time": Text(vi="đúng hạn", en="on time"),
    "overdue": Text(vi="quá hạn", en="overdue"),
    "refused": Text(vi="không được giải quyết", en="refused"),
    "stopped": Text(vi="dừng giải quyết", en="stopped"),
    "supplements": Text(vi="bổ sung {count} lần", en="papers asked for {count} times"),
}


def in_(lang: Lang, text: Text, **values: object) -> str:
    """The text in the language, with its gaps filled."""
    chosen = text.vi if lang == "vi" else text.en
    return chosen.format(**values) if values else chosen


def when(lang: Lang, moment: datetime | int | None) -> str:
    """A moment as paper has it; "" for none."""
    return written(lang, moment, nothing="")


def word(lang: Lang, key: str) -> str:
    """The word of WORDS; what is not among them as it is."""
    return in_(lang, WORDS[key]) if key in WORDS else key
