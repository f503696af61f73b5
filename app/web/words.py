"""What people call the engine's words, in both languages: acts, events, roles, states, fields.

The engine's own words are stable and plain; these are what is read on pages, papers and in
pictures. Tests see to it that nothing the engine can say is without words here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from app.settings import Lang


class Said(NamedTuple):
    """The same words in both languages."""

    vi: str
    en: str


ACTS: Mapping[str, Said] = {
    "register": Said("Đăng ký trực tuyến", "Register online"),
    "receive": Said("Tiếp nhận", "Receive"),
    "refuse-receipt": Said("Từ chối tiếp nhận", "Refuse to receive"),
    "forward": Said("Chuyển tiếp", "Forward"),
    "complete": Said("Hoàn thành bước", "Complete the step"),
    "appraise": Said("Thẩm định", "Appraise"),
    "verify": Said("Xác minh", "Verify"),
    "approve": Said("Phê duyệt", "Approve"),
    "sign": Said("Ký", "Sign"),
    "number": Said("Cấp số", "Enter the number"),
    "issue": Said("Ban hành kết quả", "Issue the result"),
    "return": Said("Trả kết quả", "Return the result"),
    "assign": Said("Phân công", "Assign"),
    "accept": Said("Nhận bàn giao", "Accept the handover"),
    "refuse-handover": Said("Từ chối nhận bàn giao", "Refuse the handover"),
    "recall-handover": Said("Thu hồi bàn giao", "Recall the handover"),
    "expire-handover": Said("Cho bàn giao hết hạn", "Let the handover expire"),
    "ask-supplement": Said("Yêu cầu bổ sung", "Ask for more papers"),
    "supply": Said("Nhận giấy tờ bổ sung", "Take in the papers asked for"),
    "expire-supplement": Said("Hết hạn bổ sung", "End the wait for papers"),
    "confirm-payment": Said("Xác nhận đã nộp tiền", "Confirm the payment"),
    "end-posting": Said("Kết thúc niêm yết", "End the posting"),
    "extend": Said("Xin lỗi và hẹn lại ngày trả", "Apologise and give a new date"),
    "suspend": Said("Tạm đình chỉ", "Suspend"),
    "resume": Said("Tiếp tục giải quyết", "Resume"),
    "ask-withdrawal": Said("Ghi nhận yêu cầu rút hồ sơ", "Record that it is asked back"),
    "stop": Said("Dừng giải quyết", "Stop"),
    "refuse": Said("Từ chối giải quyết", "Refuse on the merits"),
    "transfer": Said("Chuyển thẩm quyền", "Transfer the competence"),
    "reopen": Said("Mở lại hồ sơ", "Reopen"),
    "attach": Said("Đính kèm giấy tờ", "Attach papers"),
    "rate": Said("Đánh giá", "Rate"),
    "complain": Said("Phản ánh, kiến nghị", "Complain"),
    "answer-complaint": Said("Trả lời phản ánh", "Answer the complaint"),
}
"""Act -> what an officer calls it, as the verb on a button."""

EVENTS: Mapping[str, Said] = {
    "dossier.registered": Said("Đăng ký trực tuyến", "Registered online"),
    "dossier.received": Said("Tiếp nhận hồ sơ", "Received"),
    "dossier.refused_at_receipt": Said("Từ chối tiếp nhận", "Refused at receipt"),
    "dossier.arrived": Said("Đến từ hệ thống khác", "Arrived from another engine"),
    "step.completed": Said("Xong bước", "Step completed"),
    "appraisal.recorded": Said("Đã thẩm định", "Appraised"),
    "verification.recorded": Said("Đã xác minh", "Verified"),
    "approval.recorded": Said("Đã phê duyệt", "Approved"),
    "signature.recorded": Said("Đã ký", "Signed"),
    "number.recorded": Said("Đã cấp số", "Number entered"),
    "result.issued": Said("Đã ban hành kết quả", "Result issued"),
    "result.ready": Said("Đã có kết quả", "Result ready"),
    "result.returned": Said("Đã trả kết quả", "Result returned"),
    "step.assigned": Said("Phân công", "Assigned"),
    "handover.offered": Said("Bàn giao, chờ nhận", "Handover offered"),
    "handover.accepted": Said("Đã nhận bàn giao", "Handover accepted"),
    "handover.refused": Said("Từ chối nhận bàn giao", "Handover refused"),
    "handover.recalled": Said("Thu hồi bàn giao", "Handover recalled"),
    "handover.expired": Said("Bàn giao hết hạn", "Handover expired"),
    "handover.recall_asked": Said("Đề nghị trả lại bàn giao", "Handover asked back"),
    "handover.answered_elsewhere": Said(
        "Hệ thống khác trả lời bàn giao", "Handover answered by another engine"
    ),
    "leg.opened": Said("Mở phần việc liên thông", "Leg opened"),
    "leg.resulted": Said("Phần việc đã có kết quả", "Leg finished"),
    "leg.refused": Said("Phần việc bị từ chối", "Leg refused"),
    "leg.returned": Said("Hệ thống khác trả phần việc về", "Leg came back from another engine"),
    "leg.transferred": Said("Chuyển thẩm quyền", "Competence transferred"),
    "clock.started": Said("Bắt đầu tính thời hạn", "Clock started"),
    "clock.stopped": Said("Tạm dừng tính thời hạn", "Clock stopped"),
    "clock.resumed": Said("Kết thúc tạm dừng thời hạn", "Clock stop ended"),
    "clock.extended": Said("Gia hạn", "Clock extended"),
    "clock.ended": Said("Kết thúc tính thời hạn", "Clock ended"),
    "supplement.requested": Said("Yêu cầu bổ sung giấy tờ", "More papers asked for"),
    "supplement.received": Said("Đã nhận giấy tờ bổ sung", "Papers supplied"),
    "supplement.expired": Said("Quá hạn bổ sung", "No papers in time"),
    "payment.confirmed": Said("Đã nộp nghĩa vụ tài chính", "Payment confirmed"),
    "posting.ended": Said("Kết thúc niêm yết", "Posting ended"),
    "apology.issued": Said("Xin lỗi, hẹn lại ngày trả", "Apology with a new date"),
    "dossier.suspended": Said("Tạm đình chỉ", "Suspended"),
    "dossier.resumed": Said("Tiếp tục giải quyết", "Resumed"),
    "withdrawal.asked": Said("Công dân yêu cầu rút hồ sơ", "Asked back by the citizen"),
    "dossier.stopped": Said("Dừng giải quyết", "Stopped"),
    "dossier.refused": Said("Từ chối giải quyết", "Refused"),
    "dossier.reopened": Said("Mở lại hồ sơ", "Reopened"),
    "papers.attached": Said("Đính kèm giấy tờ", "Papers attached"),
    "rating.given": Said("Công dân đánh giá", "Rated by the citizen"),
    "complaint.filed": Said("Công dân phản ánh", "Complaint filed"),
    "complaint.answered": Said("Đã trả lời phản ánh", "Complaint answered"),
}
"""Event type -> what happened."""

ROLES: Mapping[str, Said] = {
    "receiver": Said("cán bộ tiếp nhận", "receiver"),
    "cashier": Said("thủ quỹ", "cashier"),
    "clerk": Said("văn thư", "clerk"),
    "specialist": Said("chuyên viên", "specialist"),
    "surveyor": Said("cán bộ đo đạc", "surveyor"),
    "head": Said("trưởng đơn vị", "head"),
    "leader": Said("lãnh đạo", "leader"),
    "director": Said("giám đốc", "director"),
    "chairman": Said("chủ tịch", "chairman"),
    "vice-chairman": Said("phó chủ tịch", "vice-chairman"),
    "land-officer": Said("công chức địa chính", "land officer"),
    "justice-officer": Said("công chức tư pháp – hộ tịch", "justice officer"),
    "social-officer": Said("công chức văn hóa – xã hội", "social officer"),
    "tax-officer": Said("cán bộ thuế", "tax officer"),
    "police-officer": Said("cán bộ công an", "police officer"),
    "insurance-officer": Said("cán bộ bảo hiểm xã hội", "insurance officer"),
}

STATES: Mapping[str, Said] = {
    "registered": Said("Mới đăng ký", "Registered online"),
    "received": Said("Được tiếp nhận", "Received"),
    "refused-at-receipt": Said("Không được tiếp nhận", "Refused at receipt"),
    "supplement-expired": Said("Quá hạn bổ sung", "No papers in time"),
    "at-work": Said("Đang xử lý", "At work"),
    "in-transit": Said("Đang bàn giao", "In transit"),
    "returned-to-sender": Said("Bàn giao bị trả lại", "Handover came back"),
    "awaiting-legs": Said("Chờ cơ quan phối hợp", "Awaiting other agencies"),
    "paused": Said("Tạm dừng", "Paused"),
    "suspended": Said("Tạm đình chỉ", "Suspended"),
    "awaiting-supplement": Said("Chờ bổ sung giấy tờ", "Awaiting papers"),
    "awaiting-payment": Said("Chờ nộp nghĩa vụ tài chính", "Awaiting payment"),
    "withdrawal-asked": Said("Công dân yêu cầu rút hồ sơ", "Asked back by the citizen"),
    "stopped": Said("Dừng xử lý", "Stopped"),
    "refused": Said("Từ chối giải quyết", "Refused"),
    "result-ready": Said("Đã xử lý xong", "Result ready"),
    "returned": Said("Đã trả kết quả", "Returned"),
    "done": Said("Đã xong", "Done"),
}
"""State of a dossier or a leg -> its name, as the national portal calls it where it has one."""

GROUNDS: Mapping[str, Said] = {
    "supplement": Said("chờ bổ sung giấy tờ", "more papers asked for"),
    "financial-duty": Said("chờ nghĩa vụ tài chính", "financial duty"),
    "posting": Said("niêm yết công khai", "public posting"),
    "withdrawal": Said("công dân rút hồ sơ", "withdrawn by the citizen"),
    "not-taken": Said("không được tiếp nhận", "not taken over"),
    "ended-at-origin": Said("hồ sơ ở hệ thống gửi đã kết thúc", "ended where it came from"),
}

CLOCKS: Mapping[str, Said] = {
    "running": Said("Đang tính thời hạn", "Running"),
    "stopped": Said("Đang tạm dừng", "Stopped"),
    "ended": Said("Đã kết thúc", "Ended"),
}

CHANNELS: Mapping[str, Said] = {
    "direct": Said("Trực tiếp tại bàn tiếp nhận", "In person at the desk"),
    "online": Said("Trực tuyến", "Online"),
    "post": Said("Dịch vụ bưu chính", "By post"),
    "desk": Said("Tại bàn trả kết quả", "At the desk"),
}

OUTCOMES: Mapping[str, Said] = {
    "accepted": Said("Đạt", "Accepted"),
    "rejected": Said("Không đạt", "Rejected"),
    "done": Said("đã xong", "done"),
    "refused": Said("bị từ chối", "refused"),
    "stopped": Said("đã dừng", "stopped"),
    "early": Said("trước hạn", "early"),
    "on time": Said("đúng hạn", "on time"),
    "overdue": Said("quá hạn", "overdue"),
}

TRANSFERS: Mapping[str, Said] = {
    "changed": Said("Thẩm quyền thay đổi", "The competent agency changed"),
    "recorded-wrongly": Said("Ghi sai cơ quan", "It was recorded wrongly"),
    "out-of-boundary": Said("Tiếp nhận phi địa giới", "Received out of boundary"),
    "not-taken": Said("Cơ quan kia không nhận", "The other agency did not take it"),
}

UNITS: Mapping[str, Said] = {
    "working day": Said("ngày làm việc", "working day"),
    "working hour": Said("giờ làm việc", "working hour"),
    "calendar day": Said("ngày", "calendar day"),
    "month": Said("tháng", "month"),
}

FIELDS: Mapping[str, Said] = {
    "reason": Said("Lý do", "Reason"),
    "note": Said("Ghi chú", "Note"),
    "on_behalf": Said("Thay mặt", "On behalf of"),
    "to_officer": Said("Người nhận", "Recipient"),
    "officer": Said("Người được phân công", "Officer"),
    "papers": Said("Giấy tờ", "Papers"),
    "outcome": Said("Kết quả", "Outcome"),
    "document": Said("Văn bản số", "Document"),
    "certificate": Said("Số chứng thư số", "Serial of the certificate"),
    "number": Said("Số văn bản", "Number"),
    "channel": Said("Hình thức", "Channel"),
    "evidence": Said("Căn cứ, chứng từ", "Evidence"),
    "counts_as_overdue": Said(
        "Tôi biết yêu cầu lần hai bị tính là quá hạn", "I know that a second request is overdue"
    ),
    "receipt": Said("Số biên lai", "Receipt"),
    "amount": Said("Số tiền (đồng)", "Amount (đồng)"),
    "minutes": Said("Biên bản", "Minutes"),
    "by": Said("Thêm bao lâu", "By how long"),
    "legal_basis": Said("Căn cứ pháp lý", "Legal basis"),
    "ground": Said("Căn cứ", "Ground"),
    "to_agency": Said("Cơ quan có thẩm quyền", "Competent agency"),
    "why": Said("Vì sao", "Why"),
    "step": Said("Bước mở lại", "Step"),
    "version": Said("Phiên bản thủ tục", "Version of the procedure"),
    "calendar": Said("Lịch làm việc", "Calendar"),
    "appointment": Said("Hẹn trả sớm hơn vào ngày", "Earlier appointment"),
    "complaint": Said("Phản ánh số", "Complaint"),
    "reference": Said("Văn bản trả lời", "Answered by document"),
}
"""Field of a command -> its label."""

FACTS: Mapping[str, Said] = {
    "commune": Said("Xã, phường", "Commune"),
    "commune-one-stop": Said("Bộ phận Một cửa cấp xã", "One-stop desk of the commune"),
    "commune-police": Said("Công an cấp xã", "Police of the commune"),
    "department-of-environment": Said("Sở Tài nguyên và Môi trường", "Department of Environment"),
    "district": Said("Ủy ban nhân dân cấp huyện", "District"),
    "district-construction": Said("Phòng Quản lý đô thị", "Construction office"),
    "district-environment": Said("Phòng Tài nguyên và Môi trường", "Environment office"),
    "district-finance": Said("Phòng Tài chính – Kế hoạch", "Finance office"),
    "district-one-stop": Said("Trung tâm Hành chính công cấp huyện", "One-stop centre"),
    "district-social-affairs": Said("Phòng Lao động – Xã hội", "Social affairs office"),
    "land-registration-branch": Said("Chi nhánh Văn phòng đăng ký đất đai", "Land branch"),
    "land-registration-office": Said("Văn phòng đăng ký đất đai", "Land registration office"),
    "outcome": Said("Kết quả thẩm định", "Outcome of the appraisal"),
    "province": Said("Ủy ban nhân dân cấp tỉnh", "Province"),
    "public-service-centre": Said("Trung tâm Phục vụ hành chính công", "Public service centre"),
    "residence": Said("Đăng ký cư trú", "Residence registration"),
    "social-affairs": Said("Mai táng phí", "Funeral allowance"),
    "social-insurance": Said("Bảo hiểm xã hội", "Social insurance"),
    "tax-office": Said("Cơ quan thuế", "Tax office"),
}
"""What procedures ask about; an id that has no words here is shown as it is written."""

DETAILS: Mapping[str, Said] = {
    **FIELDS,
    "counts_as_overdue": Said("Tính là quá hạn", "Counts as overdue"),
    "step": Said("Bước", "Step"),
    "to_agency": Said("Đến cơ quan", "To agency"),
    "act": Said("Thao tác", "Act"),
    "answer": Said("Trả lời", "Answer"),
    "answer_by": Said("Trả lời trước", "To be answered by"),
    "at_version": Said("Ở phiên bản", "At version"),
    "back": Said("Không nhận thì về bước", "If not taken, back to"),
    "check_by": Said("Kiểm tra trước", "To be checked by"),
    "code": Said("Mã hồ sơ bên kia", "Code there"),
    "due": Said("Hạn", "Due"),
    "dues": Said("Hạn mới", "New dates"),
    "escalated_to": Said("Báo lên", "Goes up to"),
    "expires": Said("Phải nhận trước", "To be taken by"),
    "facts": Said("Thông tin", "Facts"),
    "from_agency": Said("Từ cơ quan", "From agency"),
    "from_officer": Said("Từ cán bộ", "From officer"),
    "gate": Said("Từ chối thì kết thúc hồ sơ", "Its refusal ends the dossier"),
    "house": Said("Hệ thống", "Engine"),
    "limit": Said("Thời hạn", "Limit"),
    "marks": Said("Đánh giá", "Marks"),
    "new_due": Said("Ngày hẹn mới", "New date"),
    "of_leg": Said("Phần việc bên kia", "Leg there"),
    "old_due": Said("Ngày hẹn cũ", "Old date"),
    "opened_by": Said("Mở từ bước", "Opened by step"),
    "ordinal": Said("Lần thứ", "Number"),
    "procedure": Said("Thủ tục", "Procedure"),
    "restarts": Said("Tính lại từ đầu", "Starts again"),
    "rule": Said("Quy định", "Rule"),
    "since": Said("Từ", "Since"),
    "step_due": Said("Hạn của bước", "Step due"),
    "step_dues": Said("Hạn mới của bước", "New dates of steps"),
    "there": Said("Mã bên kia", "Code there"),
    "to": Said("Bước tiếp theo", "Next step"),
    "to_role": Said("Cho vai trò", "For the role"),
    "unit_appointment": Said("Hẹn của đơn vị tiếp nhận", "Own part by"),
    "verdict": Said("Đánh giá thời hạn", "Verdict"),
    "withdraws": Said("Thu hồi kết quả", "Withdraws"),
    "appointment": Said("Hẹn trả", "Appointment"),
}
"""Field of an event -> its label in a history."""

ONLINE: Mapping[str, Said] = {
    "full": Said("Toàn trình", "Wholly online"),
    "partial": Said("Một phần", "Partly online"),
    "none": Said("Không nộp trực tuyến", "Not handed in online"),
}
"""The level of online public service of a procedure, where its definition says one."""

LEVELS: Mapping[str, Said] = {
    "central": Said("Cấp trung ương", "Central"),
    "province": Said("Cấp tỉnh", "Province"),
    "region": Said("Khu vực", "Region"),
    "district": Said("Cấp huyện", "District"),
    "commune": Said("Cấp xã", "Commune"),
}

VALUES: Mapping[str, Said] = {
    "chosen": Said("Có chọn", "Chosen"),
    "accepted": Said("Đạt", "Accepted"),
    "rejected": Said("Không đạt", "Rejected"),
    "yes": Said("Có", "Yes"),
    "no": Said("Không", "No"),
}
"""What a fact may be."""

WORDS: Mapping[str, Mapping[str, Said]] = {
    "act": ACTS,
    "event": EVENTS,
    "role": ROLES,
    "state": STATES,
    "ground": GROUNDS,
    "clock": CLOCKS,
    "channel": CHANNELS,
    "outcome": OUTCOMES,
    "transfer": TRANSFERS,
    "unit": UNITS,
    "field": FIELDS,
    "detail": DETAILS,
    "fact": FACTS,
    "level": LEVELS,
    "online": ONLINE,
    "fact_value": VALUES,
}
"""The name of a filter of templates -> the words that it says."""


ACTORS: Mapping[str, Said] = {
    "system": Said("hệ thống", "the system"),
    "citizen": Said("công dân", "the citizen"),
}
"""Who acts and is no officer; an officer is named by his post's code."""


ANYBODY = Said("Bất kỳ {role} nào", "Any {role}")
"""For whom an offer is that names nobody."""


def said(words: Mapping[str, Said], key: str | None, lang: Lang) -> str:
    """The words of a key; the key itself, with spaces for its dashes, when it has none. What
    somebody wrote stays as he wrote it."""
    if not key:
        return ""
    found = words.get(key)
    if found is None:
        is_id = key.isascii() and key == key.lower()
        return key.replace("-", " ").replace("_", " ") if is_id else key
    return found.vi if lang == "vi" else found.en


def actor_words(actor: str, lang: Lang) -> str:
    return said(ACTORS, actor, lang) if actor in ACTORS else actor


def act_words(act: str, lang: Lang) -> str:
    return said(ACTS, act, lang)


def event_words(type_: str, lang: Lang) -> str:
    return said(EVENTS, type_, lang)


def role_words(role: str | None, lang: Lang) -> str:
    return said(ROLES, role, lang)


def limit_words(limit: str, lang: Lang) -> str:
    """A limit such as "13 working days" in the language."""
    if lang == "en":
        return limit
    if limit == "same day":
        return "trong ngày"
    amount, _, unit = limit.partition(" ")
    found = UNITS.get(unit.removesuffix("s"))
    return f"{amount.replace('.', ',')} {found.vi}" if found else limit


def state_words(state: str | None, lang: Lang) -> str:
    return said(STATES, state, lang)
