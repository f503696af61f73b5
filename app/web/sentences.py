"""The sentence of a rule that refused, in the reader's language.

The engine gives its sentence filled in, in English. Here it is read back by the rule's own
pattern, and the words in it are put into the Vietnamese sentence.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from app.settings import Lang
from app.web.words import (
    FACTS,
    GROUNDS,
    OUTCOMES,
    ROLES,
    VALUES,
    Said,
    act_words,
    limit_words,
    said,
)
from engine.core.rules import RULES

if TYPE_CHECKING:
    from app.web.names import Names

VIETNAMESE: dict[str, str] = {
    "unknown-officer": "Không có cán bộ nào mang mã {officer} đang tại chức vào ngày {day}.",
    "unknown-agency": "Không có cơ quan {agency} vào ngày {day}.",
    "wrong-agency": "{agency} không được làm việc này: việc này thuộc {expected}.",
    "wrong-role": "Việc này dành cho vai trò {expected}, {officer} không có vai trò đó.",
    "not-the-holder": "{officer} không giữ hồ sơ: người đang giữ là {holder}.",
    "not-the-addressee": "Lần bàn giao này gửi cho {expected}, không phải cho {officer}.",
    "not-the-sender": "Chỉ {expected}, người đã bàn giao, mới được thu hồi lần bàn giao này.",
    "not-a-decider": "{officer} không có quyền quyết định việc này: phải là người đang giữ hồ sơ, "
    "hoặc người có vai trò {expected} tại cơ quan tham gia giải quyết.",
    "not-the-authority": "{officer} không có quyền quyết định về toàn bộ hồ sơ: phải có vai trò "
    "{expected} tại {agencies}.",
    "works-elsewhere": "{officer} thuộc {agency}, cơ quan này làm việc trên hệ thống {house}: hãy "
    "thao tác ở đó.",
    "leg-elsewhere": "Phần việc {leg} đang ở {agency}, trên hệ thống {house}: chưa thể thao tác ở "
    "đây cho đến khi phần việc được trả về.",
    "answered-elsewhere": "Lần bàn giao này do {agency} trả lời, trên hệ thống {house}.",
    "offered-elsewhere": "Lần bàn giao này được gửi từ hệ thống {house}: chỉ thu hồi được ở đó.",
    "not-a-whole-leg": "{agency} làm việc trên hệ thống {house}: chỉ bàn giao được trọn một phần "
    "việc, không bàn giao riêng bước {step}.",
    "given-back": "Đây là một phần việc của hồ sơ {code} trên hệ thống {house} và đã được trả lại; "
    "nếu mở lại thì mở ở đó.",
    "not-our-agency": "{agency} không làm việc trên hệ thống này.",
    "not-from-elsewhere": "Hồ sơ này không đến từ hệ thống khác.",
    "only-a-rule": "Không ai làm việc này bằng tay: hệ thống tự làm khi hết hạn.",
    "unknown-dossier": "Không có hồ sơ {code}.",
    "command-id-reused": "Mã lệnh này đã dùng cho một lệnh khác, hoặc cho lệnh này với lời ghi "
    "khác ({code}, của {actor}); không có gì được thực hiện. Hãy dùng mã mới.",
    "not-yet": "{at} muộn hơn hiện tại ({now}): không ghi nhận được việc chưa xảy ra.",
    "recorded-too-late": "Việc xảy ra lúc {at} chỉ được ghi nhận trong {within}, đến {until}; bây "
    "giờ là {now}. Hãy ghi vào thời điểm muộn hơn và ghi chú thời điểm thực tế.",
    "no-such-leg": "Hồ sơ này không có phần việc {leg}; các phần việc có: {legs}.",
    "no-such-step": "Thủ tục này không có bước xử lý {step}; các bước có: {known}.",
    "leg-ended": "Phần việc {leg} đã kết thúc ({outcome}); không thể thao tác gì thêm.",
    "dossier-ended": "Hồ sơ đã kết thúc ({outcome}); không thể thao tác gì thêm.",
    "dossier-open": "Hồ sơ chưa kết thúc nên không có gì để mở lại.",
    "dossier-exists": "Hồ sơ {code} đã được tiếp nhận trước đó.",
    "not-received": "Hồ sơ chưa được tiếp nhận.",
    "dossier-suspended": "Hồ sơ đang tạm đình chỉ; trước hết phải cho tiếp tục.",
    "not-suspended": "Hồ sơ không bị tạm đình chỉ nên không có gì để tiếp tục.",
    "handover-in-transit": "Hồ sơ đang bàn giao cho {agency}: trước hết lần bàn giao đó phải được "
    "tiếp nhận, từ chối, thu hồi hoặc hết hạn.",
    "no-handover": "Phần việc này không có lần bàn giao nào đang chờ trả lời.",
    "handover-not-expired": "Bên nhận còn được trả lời lần bàn giao này đến {until}.",
    "recall-asked": "Đã đề nghị hệ thống {house} trả lại lần bàn giao này; chưa có trả lời.",
    "handover-answered": "Lần bàn giao này đã được trả lời: không thu hồi được nữa.",
    "not-the-handover": "Lần bàn giao {handover} của phần việc {leg} không ở hệ thống {house}.",
    "handover-has-expired": "Lần bàn giao này đã hết hạn lúc {until}; hồ sơ trở về {sender}.",
    "clock-stopped": "Đang tạm dừng tính thời hạn ({ground}); chưa thể làm gì ở bước {step} cho "
    "đến khi tiếp tục tính.",
    "waiting-for-legs": "Bước {step} chờ các phần việc sau kết thúc: {legs}.",
    "act-not-possible": "Không thể {act} ở bước {step}; có thể: {possible}.",
    "no-branch": "Chưa rõ sau bước {step} là bước nào: hãy cho biết một trong {expected}.",
    "time-backwards": "{now} sớm hơn việc gần nhất đã xảy ra với hồ sơ ({last}).",
    "unknown-fact": "Thủ tục này không hỏi về {fact}; chỉ hỏi về: {known}.",
    "unknown-value": "{fact} không thể là {value}; phải là một trong: {known}.",
    "nothing-chosen": "Chưa chọn gì cho bước {step}; hãy chọn ít nhất một trong: {choices}.",
    "unknown-paper": "{paper} không thuộc thành phần hồ sơ của thủ tục này: {known}.",
    "paper-not-offered": "{paper} không đi cùng lần bàn giao này; đi cùng có: {known}.",
    "agency-unclear": "Chưa rõ cơ quan nào phải làm việc này: {why}. Hãy chỉ rõ cơ quan ở mục "
    "{function}.",
    "nobody-with-role": "{agency} không có ai giữ vai trò {role} nên không ai nhận được.",
    "bad-limit": "Không thể lùi ngày hẹn như vậy: {why}.",
    "procedure-unknown": "Không có thủ tục {procedure}{version}.",
    "procedure-not-in-force": "Thủ tục {procedure} phiên bản {version} không có hiệu lực vào ngày "
    "{day} (hiệu lực từ {since} đến {until}).",
    "not-taken-online": "Thủ tục {procedure} phiên bản {version} không nhận hồ sơ trực tuyến: hãy "
    "nộp tại bộ phận một cửa hoặc qua bưu điện.",
    "desk-differs": "Hồ sơ đã đăng ký tại {registered}, nơi sẽ tiếp nhận, không phải {agency}.",
    "procedure-differs": "Hồ sơ đăng ký cho thủ tục {registered}, không phải {procedure}.",
    "unknown-calendar": "Không có lịch làm việc {calendar}; có: {known}.",
    "appointment-in-past": "Ngày hẹn trả {appointment} không sau hôm nay, {day}.",
    "appointment-too-late": "Ngày hẹn trả {appointment} sau ngày cuối của thời hạn, {due}.",
    "stale": "Có người khác vừa thay đổi hồ sơ này: hồ sơ đang ở phiên bản {now}, không phải "
    "{expected} như bạn đã thấy.",
    "only-the-citizen": "Việc này chỉ dành cho công dân, trên trang tra cứu hồ sơ.",
    "said-elsewhere": "Đây là một phần việc của hồ sơ {code} trên hệ thống {house}: công dân được "
    "phục vụ và trả lời ở đó.",
    "nothing-attached": "Chưa có tệp nào được nộp.",
    "no-content": "Tệp của {paper} chưa được nêu bằng mã SHA-256, kích thước và loại tệp.",
    "not-over": "Hồ sơ chưa kết thúc: công dân đánh giá khi hồ sơ đã kết thúc.",
    "rated-before": "Hồ sơ này đã được đánh giá và đánh giá không thay đổi được.",
    "nothing-rated": "Chưa đánh giá gì; hãy đánh giá ít nhất một trong: {known}.",
    "no-complaint": "Không có phản ánh số {complaint} đang chờ trả lời; đang chờ: {waiting}.",
    "second-supplement": "Đã yêu cầu bổ sung một lần; yêu cầu lần hai bị tính là quá hạn. Vẫn yêu "
    "cầu thì hãy xác nhận điều đó.",
    "supplement-not-expired": "Công dân còn được trả lời đến {until}.",
    "extension-too-late": "Phải báo ngày hẹn mới ít nhất một ngày trước ngày hẹn trả {due}.",
    "second-extension": "Ngày hẹn trả đã được lùi một lần.",
    "no-answer-limit": "Thủ tục này không đặt ngày cuối để công dân trả lời nên chưa hết hạn. Thay "
    "vào đó hãy từ chối và nêu lý do.",
    "no-clock": "Phần việc {leg} không có thời hạn riêng.",
    "clock-ended": "Đã có kết quả và đã kết thúc tính thời hạn ({verdict}): quá muộn.",
    "posting-not-over": "Niêm yết công khai đến {until} mới hết.",
    "bad-amount": "Số tiền đã nộp không thể là {amount} đồng: hãy ghi số lớn hơn 0, hoặc bỏ trống.",
    "result-without-signature": "Kết quả chưa được ký nên chưa thể {act}.",
    "return-before-result": "Chưa có kết quả để trả: bước {step} chưa xong.",
    "legs-still-open": "Các phần việc sau chưa kết thúc: {legs}.",
    "reason-needed": "Việc này cần nêu lý do bằng văn bản.",
    "withdrawal-not-asked": "Công dân chưa yêu cầu rút hồ sơ; vẫn muốn dừng thì hãy nêu căn cứ "
    "khác.",
}
"""Rule -> its sentence, with the same words to be filled in as the engine's."""

REASONS: dict[str, str] = {
    "a day is outside calendar {calendar}, {first} to {last}": "ngày đó nằm ngoài lịch làm việc "
    "{calendar}, từ {first} đến {last}",
    "{day} is outside calendar {calendar}, {first} to {last}": "ngày {day} nằm ngoài lịch làm việc "
    "{calendar}, từ {first} đến {last}",
    "so far away there is no date in any calendar": "ngày đó quá xa, không lịch nào có",
    "{months} months from {day} there is no date in any calendar": "{months} tháng kể từ ngày "
    "{day} thì không lịch nào có ngày đó",
    "a limit of {amount} {unit}s is not positive": "thời hạn phải lớn hơn 0",
    "{limit}: months are counted whole": "{limit}: số tháng phải là số nguyên",
    "{limit!r} is not a limit such as '34 working days' or '0.5 day'": "“{limit}” không phải là "
    "thời hạn như 34 ngày làm việc hoặc 0,5 ngày làm việc",
    "{limit!r} is too long: a limit is at most {most} days, hours or months": "“{limit}” quá dài: "
    "thời hạn nhiều nhất là {most} ngày, giờ hoặc tháng",
    "{limit!r} is a promise, not a length of time such as '5 working days'": "“{limit}” là lời "
    "hẹn, không phải là khoảng thời gian như 5 ngày làm việc",
    "cannot tell which agency is meant by {function!r}: several agencies are equally near: "
    "{agencies}": "nhiều cơ quan là {function} ở gần như nhau: {agencies}",
    "cannot tell which agency is meant by {function!r}: no agency within reach has that function "
    "on that day": "vào ngày đó không có cơ quan nào là {function} trong phạm vi",
}
"""Why a rule refused, as calendars, clocks and the organisation say it -> in Vietnamese."""

_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?= \d\d:\d\d|$)")

THESE = "these"
"""Stands for an act where a sentence is about several."""

FILLS = {
    THESE: Said("làm việc này", "this"),
    "none": Said("không có", "none"),
    "nothing": Said("không có gì", "nothing"),
    "another agency": Said("cơ quan khác", "another agency"),
    "the code of an agency": Said("mã của một cơ quan", "the code of an agency"),
}
"""What a sentence is filled with where there is nothing to name."""

KNOWN = {
    "fact": FACTS,
    "function": FACTS,
    "ground": GROUNDS,
    "outcome": OUTCOMES,
    "value": VALUES,
    "verdict": OUTCOMES,
}
"""What a sentence may be filled with -> the words for it."""

_PLACE = re.compile(r"\{(\w+)(?:!r)?\}")


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    """An English sentence as what it may look like when it is filled in."""
    made, last = [], 0
    for place in _PLACE.finditer(sentence):
        made.append(re.escape(sentence[last : place.start()]))
        made.append(f"(?P<{place[1]}>.*)" if place[1] == "version" else f"(?P<{place[1]}>.*?)")
        last = place.end()
    return re.compile("".join(made) + re.escape(sentence[last:]), re.DOTALL)


def sentence(rule: str, message: str, lang: Lang, names: Names | None = None, leg: str = "") -> str:
    """A rule's message in the language; as it is when the rule is none of the engine's or the
    message is not its sentence. With `names` it says what the legs, steps and papers of the
    dossier and the agencies are called; `leg`: in which of them it refused."""
    if rule not in RULES or (lang == "en" and names is None):
        return message
    vietnamese = VIETNAMESE.get(rule)
    english = RULES[rule].sentence
    words = _Words(lang, names, leg)
    wanted = vietnamese if lang == "vi" else english
    return (read_back(english, wanted, message, words) if wanted else None) or message


def read_back(english: str, wanted: str, message: str, words: _Words | None = None) -> str | None:
    """What a message says, by the English sentence that it is, in the wanted one; None when it is
    another. `words`: how what it is filled with is said, Vietnamese without."""
    words = words or _Words("vi", None, "")
    found = _pattern(english).fullmatch(message)
    if found is None:
        return None
    said = {name: words.of(name, word) for name, word in found.groupdict().items()}
    return _PLACE.sub(lambda place: said[place[1]], wanted)


class _Words:
    """What a sentence was filled with, as people say it, and without quotes."""

    def __init__(self, lang: Lang, names: Names | None, leg: str) -> None:
        self._lang = lang
        self._names = names
        self._leg = leg

    def of(self, name: str, word: str) -> str:
        lang = self._lang
        if name == "why":
            return self._reason(word) if lang == "vi" else word
        if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
            word = word[1:-1]
        if lang == "vi":
            word = _MOMENT.sub(r"\3/\2/\1", word)
        if name in ("act", "possible") and word not in FILLS:
            return ", ".join(act_words(each, lang).lower() for each in word.split(", "))
        if name in KNOWN:
            return said(KNOWN[name], word, lang)
        if name == "limit":
            return limit_words(word, lang)
        either = "hoặc" if lang == "vi" else "or"
        parts = re.split(r"( or |, )", word)
        return "".join(
            f" {either} " if each == " or " else each if each == ", " else self._one(name, each)
            for each in parts
        )

    def _one(self, name: str, word: str) -> str:
        """One of several: a role, a choice, a leg, a step, a paper or an agency; else as it is."""
        fact, is_choice, value = word.partition("=")
        if is_choice and value == "chosen":
            return said(FACTS, fact, self._lang)
        if is_choice:
            return f"{said(FACTS, fact, self._lang)}: {said(VALUES, value, self._lang)}"
        if word in ROLES:
            return said(ROLES, word, self._lang)
        if word in FILLS:
            return said(FILLS, word, self._lang)
        if self._names is None:
            return word
        match name:
            case "leg" | "legs":
                return f"“{self._names.leg(word)}”"
            case "step":
                return f"“{self._names(self._leg, word)}”"
            case "paper" | "known":
                return said(FACTS, word, self._lang) if word in FACTS else self._names.paper(word)
        return self._names.agency(word)

    def _reason(self, message: str) -> str:
        read = (read_back(english, vi, message, self) for english, vi in REASONS.items())
        return next((each for each in read if each), message)
