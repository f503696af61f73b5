"""What the parts of a dossier's state are called, in both languages.

A test holds that every field of a dossier and of a leg is either here or left out on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.web.words import Said

DOSSIER: Mapping[str, Said] = {
    "status": Said("Tình trạng chung", "Status"),
    "procedure": Said("Thủ tục, phiên bản", "Procedure, version"),
    "calendar": Said("Lịch làm việc", "Calendar"),
    "agency": Said("Nơi tiếp nhận", "Received at"),
    "channel": Said("Hình thức nộp", "Channel"),
    "facts": Said("Thông tin", "Fact"),
    "papers": Said("Giấy tờ", "Papers"),
    "received_at": Said("Tiếp nhận lúc", "Received"),
    "appointment": Said("Hẹn trả", "Appointment"),
    "unit_appointment": Said("Đơn vị tiếp nhận xong trước", "Receiving unit's part by"),
    "supplements": Said("Số lần yêu cầu bổ sung", "Requests for papers"),
    "handovers": Said("Số lần bàn giao", "Handovers"),
    "signed": Said("Đã ký", "Signed"),
    "result_ready_at": Said("Có kết quả lúc", "Result ready"),
    "withdrawal_asked": Said("Công dân yêu cầu rút", "Asked back by the citizen"),
    "counts_as_overdue": Said("Bị tính là quá hạn", "Counts as overdue"),
    "withdrawn_results": Said("Kết quả đã thu hồi", "Withdrawn results"),
    "outcome": Said("Kết cục", "Outcome"),
    "ended_at": Said("Kết thúc lúc", "Ended"),
    "origin": Said("Từ hệ thống khác", "From another engine"),
    "attached": Said("Tệp đính kèm", "Files"),
    "rated": Said("Đã được đánh giá", "Rated"),
    "complaints": Said("Số phản ánh", "Complaints"),
    "unanswered": Said("Phản ánh chờ trả lời", "Complaints not answered"),
}

DOSSIER_LEFT_OUT = frozenset({"stream", "legs", "last_at"})
"""The code is above; legs are told of one by one; when it was last touched is the event's."""

LEG: Mapping[str, Said] = {
    "agency": Said("Cơ quan thụ lý", "Agency"),
    "step": Said("Bước", "Step"),
    "mode": Said("Trạng thái bước", "Mode"),
    "holder": Said("Người giữ", "Holder"),
    "transit": Said("Đang bàn giao cho", "In transit to"),
    "started": Said("Bắt đầu", "Started"),
    "opened_by": Said("Mở bởi bước", "Opened by step"),
    "former_agency": Said("Cơ quan trước đó", "Former agency"),
    "limit": Said("Thời hạn", "Limit"),
    "rule": Said("Cách tính", "Counted by"),
    "due": Said("Hạn", "Due"),
    "step_due": Said("Hạn của bước", "Step due"),
    "stops": Said("Lần dừng", "Pause"),
    "extension": Said("Gia hạn", "Extension"),
    "outcome": Said("Kết cục", "Outcome"),
    "ended_at": Said("Kết thúc lúc", "Ended"),
    "verdict": Said("Đánh giá thời hạn", "Verdict"),
    "elsewhere": Said("Ở hệ thống khác", "In another engine"),
}

LEG_LEFT_OUT = frozenset({"path", "visits"})
"""The path names it; when each step was entered and left is the history."""

MODES: Mapping[str, Said] = {
    "at-work": Said("đang xử lý", "at work"),
    "offered": Said("chờ nhận bàn giao", "offered"),
    "back": Said("bị trả lại", "came back"),
    "supplement": Said("chờ bổ sung", "awaiting papers"),
    "paused": Said("tạm dừng", "paused"),
    "legs": Said("chờ cơ quan phối hợp", "awaiting legs"),
}

STATUSES: Mapping[str, Said] = {
    "new": Said("mới", "new"),
    "registered": Said("mới đăng ký", "registered"),
    "open": Said("đang giải quyết", "open"),
    "suspended": Said("tạm đình chỉ", "suspended"),
    "ended": Said("đã kết thúc", "ended"),
}

VERDICTS: Mapping[str, Said] = {
    "early": Said("trước hạn", "early"),
    "on time": Said("đúng hạn", "on time"),
    "overdue": Said("quá hạn", "overdue"),
}

RULES: Mapping[str, Said] = {
    "day-after": Said("từ ngày hôm sau", "from the day after"),
    "same-day": Said("trong ngày", "from the same day"),
    "moment": Said("từ lúc tiếp nhận", "from the moment"),
}

YES, NO = Said("có", "yes"), Said("không", "no")
