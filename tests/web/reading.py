"""A page as somebody without JavaScript uses it: its text, its links, its forms."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response


class Form:
    """One form: where it goes, what it would send as it stands, and its buttons."""

    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method
        self.sends: list[tuple[str, str]] = []
        self.buttons: list[tuple[str, str]] = []
        self.names: set[str] = set()

    def filled(self, button: tuple[str, str] | None = None, **given: Any) -> dict[str, Any]:
        """What is sent when it is filled in so; a list replaces the boxes that were ticked. Only
        what the form has can be filled in."""
        absent = sorted(set(given) - self.names)
        assert not absent, f"{self.action} has no field {', '.join(absent)}"
        found: dict[str, Any] = {}
        for name, value in self.sends:
            found.setdefault(name, []).append(value)
        for name, value in given.items():
            found[name] = value if isinstance(value, list) else [value]
        if button is not None:
            found[button[0]] = [button[1]]
        return found


class Page(HTMLParser):
    """A page that was answered."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.html = response.text
        self.text = ""
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self._area = ""
        self._link = ""
        self._first = True
        self.feed(self.html)

    def form(self, action: str) -> Form:
        """The form that goes to an address which ends so."""
        found = [each for each in self.forms if each.action.endswith(action)]
        assert len(found) == 1, f"{len(found)} forms go to {action}: {self.text}"
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._link = has.get("href", "")
        if tag == "form":
            self._form = Form(has.get("action", ""), has.get("method", "get"))
            self.forms.append(self._form)
        form, name = self._form, has.get("name", "")
        if form is None or not name:
            if tag == "option" and form is not None:
                self._option(form, has)
            return
        form.names.add(name)
        if tag == "select":
            self._select, self._first = name, True
        elif tag == "textarea":
            self._area = name
            form.sends.append((name, ""))
        elif tag == "button":
            form.buttons.append((name, has.get("value", "")))
        elif tag == "input":
            ticks = has.get("type") in ("checkbox", "radio")
            if not ticks or "checked" in has:
                form.sends.append((name, has.get("value", "on" if ticks else "")))

    def _option(self, form: Form, has: dict[str, str]) -> None:
        if not self._select:
            return
        if self._first:
            form.sends.append((self._select, has.get("value", "")))
            self._first = False
        elif "selected" in has:
            form.sends = [each for each in form.sends if each[0] != self._select]
            form.sends.append((self._select, has.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.sends = [
                (name, value + data if name == self._area else value)
                for name, value in self._form.sends
            ]
        said = " ".join(data.split())
        if said:
            self.text += said + "\n"
            if self._link:
                self.links[said] = self._link


class Browser:
    """Goes from page to page as a person who is signed in would."""

    def __init__(self, client: TestClient, lang: str = "en") -> None:
        self.client = client
        client.cookies.set("lang", lang)

    def get(self, address: str, status: int = 200) -> Page:
        page = self._arrived(self.client.get(address))
        assert page.status == status, page.text
        return page

    def submit(
        self,
        form: Form,
        button: tuple[str, str] | None = None,
        status: int = 200,
        **given: Any,
    ) -> Page:
        """What is shown after it was sent."""
        sent = form.filled(button, **given)
        if form.method == "get":
            answer = self.client.get(form.action, params=sent)
        else:
            answer = self.client.post(form.action, data=sent)
        page = self._arrived(answer)
        assert page.status == status, page.text
        return page

    def _arrived(self, answer: Response) -> Page:
        while answer.status_code in (302, 303):
            answer = self.client.get(answer.headers["location"])
        return Page(answer)
