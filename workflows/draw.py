"""A procedure as a picture: lanes per agency, limits, pauses, legs, and where a dossier is.

The only user of Graphviz. Read it from top to bottom: a lane is an agency, a box a step of
work with its role and limit, an amber box a pause, a dashed box a wait for a leg; a leg's
own steps stand in the lanes of the agency that runs them.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from html import escape
from typing import Literal

import graphviz  # type: ignore[import-untyped]

from workflows.model import DONE, ENDS, REFUSED, Leg, Limit, Procedure, Process, Step, Text, Unit
from workflows.organisation import Organisation

Language = Literal["vi", "en"]

FONT = "Noto Sans, DejaVu Sans, Arial, sans-serif"
INK = "#1f2937"
SOFT = "#6b7280"
REFUSAL = "#b91c1c"
LANES = ("#eef4fb", "#f3f0fa", "#eef8f1", "#fdf3ec", "#f7f4e6", "#f0f6f6")
WORK = {"shape": "box", "style": "rounded,filled", "fillcolor": "white", "color": "#64748b"}
PAUSE = {"shape": "box", "style": "rounded,filled", "fillcolor": "#fef3c7", "color": "#d97706"}
TITLE = {"shape": "plaintext", "fontsize": "12", "margin": "0.05,0.02", "height": "0.25"}
JOIN = {"shape": "circle", "width": "0.16", "style": "filled", "fillcolor": "#2563eb"}
JOIN |= {"color": "#2563eb", "fixedsize": "true"}
LEG = {"style": "dashed", "color": "#2563eb", "fontcolor": "#2563eb", "penwidth": "1.4"}
END = {"shape": "box", "style": "rounded,filled", "fontcolor": "white", "height": "0.35"}
IDLE = {"style": "dotted", "color": "#94a3b8", "arrowhead": "none", "weight": "5"}
MARKED = {"color": "#dc2626", "penwidth": "3", "fillcolor": "#fee2e2"}
FREE = (164, 14)
"""Width and height in points of a line that is left free."""
WAIT = {"shape": "box", "style": "rounded,dashed,filled", "fillcolor": "white", "color": "#64748b"}

WORDS: dict[str, Text] = {
    "done": Text("Kết thúc", "End"),
    "refused": Text("Từ chối", "Refused"),
    "start": Text("Bắt đầu", "Start"),
    "clock stops": Text("tạm dừng thời hạn", "the clock stops"),
    "gate": Text("điều kiện tiên quyết", "gate"),
    "total": Text("Tổng thời hạn", "In total"),
    "refusal": Text("bị từ chối", "refused"),
    "version": Text("phiên bản", "version"),
    "all": Text("chờ tất cả", "waits for all"),
    "if": Text("nếu", "if"),
    "if chosen": Text("nếu người dân chọn", "if the citizen chose it"),
    "any": Text("chờ một", "waits for one"),
    "same day": Text("trong ngày", "same day"),
}
UNITS = {
    Unit.WORKING_HOUR: Text("giờ làm việc", "working hours"),
    Unit.WORKING_DAY: Text("ngày làm việc", "working days"),
    Unit.CALENDAR_DAY: Text("ngày", "calendar days"),
    Unit.MONTH: Text("tháng", "months"),
}
FUNCTIONS: dict[str, Text] = {
    "commune": Text("UBND cấp xã", "Commune committee"),
    "commune-one-stop": Text("Một cửa cấp xã", "Commune one-stop desk"),
    "commune-police": Text("Công an cấp xã", "Commune police"),
    "department-of-environment": Text("Sở Tài nguyên và Môi trường", "Department of environment"),
    "district": Text("UBND cấp huyện", "District committee"),
    "district-construction": Text("Phòng Quản lý đô thị", "District construction office"),
    "district-environment": Text("Phòng Tài nguyên và Môi trường", "District environment office"),
    "district-finance": Text("Phòng Tài chính - Kế hoạch", "District finance office"),
    "district-one-stop": Text("Một cửa cấp huyện", "District one-stop desk"),
    "district-social-affairs": Text("Phòng Lao động - Xã hội", "District social affairs office"),
    "land-registration-branch": Text("Chi nhánh VP Đăng ký đất đai", "Land registration branch"),
    "land-registration-office": Text("VP Đăng ký đất đai", "Land registration office"),
    "province": Text("UBND tỉnh", "Provincial committee"),
    "public-service-centre": Text("Trung tâm Hành chính công tỉnh", "Public service centre"),
    "social-insurance": Text("Bảo hiểm xã hội", "Social insurance"),
    "tax-office": Text("Cơ quan thuế", "Tax office"),
}
ROLES: dict[str, Text] = {
    "cashier": Text("thu ngân", "cashier"),
    "chairman": Text("chủ tịch", "chairman"),
    "clerk": Text("văn thư", "clerk"),
    "director": Text("giám đốc", "director"),
    "head": Text("trưởng bộ phận", "head"),
    "insurance-officer": Text("cán bộ bảo hiểm", "insurance officer"),
    "justice-officer": Text("cán bộ tư pháp - hộ tịch", "justice officer"),
    "land-officer": Text("cán bộ địa chính", "land officer"),
    "police-officer": Text("cán bộ công an", "police officer"),
    "receiver": Text("cán bộ tiếp nhận", "receiver"),
    "social-officer": Text("cán bộ xã hội", "social officer"),
    "specialist": Text("chuyên viên", "specialist"),
    "surveyor": Text("cán bộ đo đạc", "surveyor"),
    "tax-officer": Text("cán bộ thuế", "tax officer"),
    "vice-chairman": Text("phó chủ tịch", "vice-chairman"),
}


class DotMissing(Exception):
    """Graphviz' program is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "drawing needs the program 'dot': install the package 'graphviz' "
            "(Debian and Ubuntu: apt-get install graphviz; macOS: brew install graphviz)"
        )


def draw(
    procedure: Procedure,
    language: Language = "vi",
    at: Mapping[str, str] | None = None,
    functions: Mapping[str, Text] | None = None,
    room: int = 0,
) -> str:
    """The picture as SVG. `at`: where a dossier is, as {leg path: step}; `room`: lines left free
    at the foot of each step, for whoever writes into the picture.

    Raises DotMissing when Graphviz is not installed.
    """
    return render(dot_source(procedure, language, at, functions, room), "svg").decode("utf-8")


def render(source: str, form: str) -> bytes:
    """A picture from Graphviz' own language, as svg or png. Raises DotMissing."""
    if shutil.which("dot") is None:
        raise DotMissing
    picture: bytes = graphviz.Source(source).pipe(format=form)
    return picture


def dot_source(
    procedure: Procedure,
    language: Language = "vi",
    at: Mapping[str, str] | None = None,
    functions: Mapping[str, Text] | None = None,
    room: int = 0,
) -> str:
    """The picture in Graphviz' own language; needs no program."""
    return _Drawing(procedure, language, at or {}, functions or {}, room).source()


def functions_named(organisation: Organisation) -> dict[str, Text]:
    """Names for functions that have none here: that of the only agency with the function."""
    named: dict[str, list[Text]] = {}
    for agency in organisation.agencies():
        named.setdefault(agency.function, []).append(agency.name)
    return {function: names[0] for function, names in named.items() if len(names) == 1}


class _Drawing:
    def __init__(
        self,
        procedure: Procedure,
        language: Language,
        at: Mapping[str, str],
        functions: Mapping[str, Text],
        room: int,
    ) -> None:
        self._procedure = procedure
        self._room = room
        self._language: Language = language
        self._at = at
        self._functions = {**functions, **FUNCTIONS}
        self._lanes: dict[str, graphviz.Digraph] = {}
        self._graph = graphviz.Digraph(
            "procedure",
            graph_attr={
                "rankdir": "TB",
                "fontname": FONT,
                "fontcolor": INK,
                "labelloc": "t",
                "label": self._title(),
                "nodesep": "0.45",
                "ranksep": "0.38",
                "pad": "0.3",
                "bgcolor": "white",
                "newrank": "true",
                "tooltip": procedure.id,
            },
            node_attr={"fontname": FONT, "fontsize": "11", "fontcolor": INK, "margin": "0.12,0.04"},
            edge_attr={"fontname": FONT, "fontsize": "10", "color": "#475569", "fontcolor": SOFT},
        )

    def source(self) -> str:
        self._graph.node("start", "", shape="circle", width="0.2", style="filled", fillcolor=INK)
        self._process("", self._procedure.process, self._procedure.desk)
        self._graph.edge("start", _id("", self._procedure.process.start))
        for lane in self._lanes.values():
            self._graph.subgraph(lane)
        return str(self._graph.source)

    def _process(self, path: str, process: Process, runs_at: str) -> None:
        for name, step in process.steps.items():
            function, look = self._look(step, runs_at, process)
            if self._at.get(path) == name:
                look = {**look, **MARKED}
            lane = self._lane(function, _id(path, name))
            lane.node(_id(path, name), self._label(step), group=function, **look)
            if step.legs:
                lane.node(_exit(path, step), "", group=function, **JOIN)
                self._graph.edge(_id(path, name), _exit(path, step), **IDLE)
            self._arrows(path, step, lane)
            for leg in step.legs:
                self._leg(path, step, leg)

    def _look(self, step: Step, runs_at: str, process: Process) -> tuple[str, dict[str, str]]:
        """The lane of a step and how its box looks. Who waits stands where it was sent from."""
        if step.by is not None:
            return step.by.at or runs_at, WORK
        if step.pause is not None:
            return step.pause.resumed_by.at or runs_at, PAUSE
        for other in process.steps.values():
            if other.by is not None and any(branch.to == step.name for branch in other.then):
                return other.by.at or runs_at, WAIT
        return runs_at, WAIT

    def _leg(self, path: str, step: Step, leg: Leg) -> None:
        inner = f"{path}/{leg.name}" if path else leg.name
        self._process(inner, leg.process, leg.at)
        start = _id(inner, leg.process.start)
        self._graph.edge(_id(path, step.name), start, **LEG)
        for last in leg.process.steps.values():
            if any(branch.to == DONE for branch in last.then):
                self._graph.edge(_exit(inner, last), _exit(path, step), **LEG)

    def _arrows(self, path: str, step: Step, lane: graphviz.Digraph) -> None:
        here = _exit(path, step)
        for branch in step.then:
            if branch.to == DONE and path:
                continue  # the leg's own arrow back to whoever waits
            when = _lines([f"{fact} = {value}" for fact, value in branch.when.items()])
            self._graph.edge(here, self._target(path, branch.to, lane), label=when)
        if step.refused or any(leg.gate for leg in step.legs):
            to = self._target(path, step.refused or REFUSED, lane)
            refusal = {"color": REFUSAL, "fontcolor": REFUSAL, "style": "dashed"}
            self._graph.edge(here, to, label=f" {self._word('refusal')} ", **refusal)

    def _target(self, path: str, to: str, lane: graphviz.Digraph) -> str:
        """The node an arrow goes to; an end is drawn when first needed: a refusal in the
        lane of whoever was refused, the result below all lanes."""
        if to not in ENDS:
            return _id(path, to)
        end = _id(path, to)
        colour = INK if to == DONE else REFUSAL
        home = self._graph if to == DONE else lane
        home.node(end, self._word(to), color=colour, fillcolor=colour, **END)
        return end

    def _lane(self, function: str, first: str) -> graphviz.Digraph:
        """The lane of an agency. Its title is a node above its first step, so that arrows
        go around it."""
        if function not in self._lanes:
            text = self._functions.get(function, Text(function, function))
            lane = graphviz.Digraph(f"cluster_{function}")
            colour = LANES[len(self._lanes) % len(LANES)]
            lane.attr(label="", style="rounded,filled", color="#d5dde8", fillcolor=colour)
            lane.attr(margin="14")
            title = f"lane {function}"
            lane.node(title, f"<<b>{escape(self._say(text))}</b>>", group=function, **TITLE)
            lane.edge(title, first, style="invis", weight="20")
            self._lanes[function] = lane
        return self._lanes[function]

    def _label(self, step: Step) -> str:
        title = escape(self._say(step.title) if step.title else step.name)
        small: list[str] = []
        if step.by is not None:
            role = ROLES.get(step.by.role)
            small.append(self._say(role) if role else step.by.role)
        if step.pause is not None:
            small.append(self._word("clock stops"))
        small += [self._leg_note(leg, len(step.legs) > 1) for leg in step.legs]
        if len(step.legs) > 1:
            small.append(self._word(step.wait))
        if step.limit is not None:
            small.append(self._at_most(step.limit))
        if step.pause is not None and step.pause.lasts is not None:
            small.append(self._limit(step.pause.lasts))
        rows = f"<tr><td>{title}</td></tr>" + "".join(
            f'<tr><td><font point-size="9.5" color="{SOFT}">{escape(line)}</font></td></tr>'
            for line in small
        )
        rows += f'<tr><td width="{FREE[0]}" height="{FREE[1]}"></td></tr>' * self._room
        return f'<<table border="0" cellspacing="0" cellpadding="2">{rows}</table>>'

    def _leg_note(self, leg: Leg, named: bool) -> str:
        notes = [
            # What is chosen is the leg itself: its step says what that is.
            self._word("if chosen")
            if (fact, value) == (leg.name, "chosen")
            else f"{self._word('if')} {fact} = {value}"
            for fact, value in leg.when.items()
        ]
        notes += [self._word("gate")] if leg.gate else []
        notes += [self._at_most(leg.limit)] if leg.limit else []
        at = self._say(self._functions.get(leg.at, Text(leg.at, leg.at)))
        return " · ".join([at, *notes] if named or not notes else notes)

    def _title(self) -> str:
        procedure = self._procedure
        title = escape(self._say(procedure.title))
        total = f"{self._word('total')}: {self._limit(procedure.limit)}"
        about = f"{procedure.id} · {self._word('version')} {procedure.version} · {total}"
        return (
            f'<<table border="0" cellspacing="0" cellpadding="4">'
            f'<tr><td><font point-size="17"><b>{title}</b></font></td></tr>'
            f'<tr><td><font point-size="11" color="{SOFT}">{escape(about)}</font></td></tr>'
            f"<tr><td> </td></tr></table>>"
        )

    def _at_most(self, limit: Limit) -> str:
        """With a sign that every typeface has."""
        return self._limit(limit) if limit.same_day else f"≤ {self._limit(limit)}"

    def _limit(self, limit: Limit) -> str:
        if limit.same_day:
            return self._word("same day")
        amount = f"{limit.amount.normalize():f}"
        unit = self._say(UNITS[limit.unit])
        if self._language == "vi":
            return f"{amount.replace('.', ',')} {unit}"
        return f"{amount} {unit.removesuffix('s') if limit.amount == 1 else unit}"

    def _word(self, key: str) -> str:
        return self._say(WORDS[key])

    def _say(self, text: Text) -> str:
        return text.vi if self._language == "vi" else text.en


def _id(path: str, step: str) -> str:
    """A node's name. Graphviz reads ':' as a port, so a state's name will not do."""
    return f"{path}|{step}"


def _exit(path: str, step: Step) -> str:
    """The node that a step's arrows leave from: where legs join, or the step itself."""
    return f"{path}|{step.name}|join" if step.legs else _id(path, step.name)


def _lines(notes: list[str]) -> str:
    return "".join(f" {graphviz.escape(note)} \\n" for note in notes)
