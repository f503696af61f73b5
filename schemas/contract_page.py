"""The AsyncAPI document as one HTML page: no script, no font, no style from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from schemas.codec import dumps

Document = Mapping[str, Any]

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; --code: #8881; --link: #06c; }
@media (prefers-color-scheme: dark) { :root { --quiet: #aaa; --link: #7bf; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: flex; }
nav { width: 19rem; flex: none; height: 100vh; overflow: auto; position: sticky; top: 0;
  padding: 1.2rem; border-right: 1px solid var(--line); font-size: .9rem; }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0 0 0 .6rem; }
main { padding: 1.5rem 2.5rem 4rem; max-width: 62rem; min-width: 0; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2.5rem; } h4 { margin: 1.2rem 0 .3rem; }
code, pre { font: .88em/1.45 ui-monospace, monospace; background: var(--code); border-radius: 4px; }
code { padding: .1em .3em; } pre { padding: .8rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 500; } td:first-child { white-space: nowrap; }
summary { cursor: pointer; color: var(--quiet); margin-top: .8rem; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; width: auto;
  height: 9rem; border: 0; border-bottom: 1px solid; } main { padding: 1rem; }
  main, nav { overflow-wrap: anywhere; } table { display: block; overflow-x: auto; } }
@media print { nav { display: none; } details > * { display: block; } }
""".strip()


def page(document: Document, schemas: Mapping[str, Document]) -> str:
    """The page. `schemas`: what the document refers to, by the name of its file."""
    title = escape(document["info"]["title"])
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<!-- Made by `python -m schemas.asyncapi`; do not edit. -->",
            f"<title>{title}</title>",
            f"<style>\n{STYLE}\n</style>",
            "<nav>",
            *_contents(document),
            "</nav>",
            "<main>",
            f"<h1>{title}</h1>",
            f"<p>Version {escape(document['info']['version'])}, AsyncAPI "
            f"{escape(document['asyncapi'])}.</p>",
            *_prose(document["info"]["description"]),
            *_topics(document),
            *_headers(document, schemas),
            *_messages(document, schemas),
            "</main>",
            "</html>\n",
        ]
    )


def _contents(document: Document) -> Iterator[str]:
    yield '<ul><li><a href="#topics">Topics</a><li><a href="#headers">Headers</a></ul>'
    for channel in document["channels"].values():
        yield f"<strong>{escape(channel['title'])}</strong><ul>"
        for name in channel["messages"]:
            yield f"<li>{_to(name)}"
        yield "</ul>"


def _topics(document: Document) -> Iterator[str]:
    yield '<h2 id="topics">Topics</h2>'
    rows = []
    for channel in document["channels"].values():
        of = channel["bindings"]["kafka"]
        settings = (f"{name}={_setting(v)}" for name, v in of["topicConfiguration"].items())
        rows.append(
            [
                f"<code>{escape(channel['address'])}</code>",
                _words(channel["description"]),
                str(of["partitions"]),
                "<br>".join(f"<code>{escape(each)}</code>" for each in settings),
            ]
        )
    yield from _table(["topic", "what stands in it", "partitions", "policy"], rows)
    parameters: dict[str, Document] = {}
    for channel in document["channels"].values():
        parameters |= channel["parameters"]
    for name, parameter in parameters.items():
        yield f"<p><code>{{{escape(name)}}}</code>: {_words(parameter['description'])}</p>"


def _headers(document: Document, schemas: Mapping[str, Document]) -> Iterator[str]:
    """Once for each kind of message, since all events have the same."""
    yield '<h2 id="headers">Headers</h2>'
    of: dict[str, list[str]] = {}
    for name, message in document["components"]["messages"].items():
        of.setdefault(_file(message["headers"]), []).append(name)
    for file, names in of.items():
        if file:
            title = f"Of {_to(names[0])}" if len(names) == 1 else f"Of each of {len(names)} events"
            yield f"<h3>{title}</h3>"
            yield from _fields(schemas[file])


def _messages(document: Document, schemas: Mapping[str, Document]) -> Iterator[str]:
    messages = document["components"]["messages"]
    for channel in document["channels"].values():
        yield f"<h2>{escape(channel['title'])}</h2>"
        yield f"<p>{_words(channel['description'])}</p>"
        for name in channel["messages"]:
            yield from _message(name, messages[name], schemas)


def _message(name: str, message: Document, schemas: Mapping[str, Document]) -> Iterator[str]:
    yield f'<h3 id="{_anchor(name)}">{escape(name)}</h3>'
    yield from _prose(message["summary"])
    schema = schemas.get(_file(message["payload"]))
    if schema is None:
        yield f"<p>{_words(message['payload']['description'])}</p>"
    else:
        yield f"<p><code>{escape(schema['$id'])}</code></p>"
        yield from _fields(schema)
        for part, inner in schema.get("$defs", {}).items():
            yield f"<h4>{escape(part)}</h4><p>{_words(inner['description'])}</p>"
            yield from _fields(inner)
    for example in message.get("examples", ()):
        yield "<details><summary>Example</summary>"
        headers = "\n".join(f"{key}: {value}" for key, value in example["headers"].items())
        body = "" if example["payload"] is None else dumps(example["payload"], pretty=True).decode()
        yield f"<pre>{escape(headers)}\n\n{escape(body)}</pre></details>"


def _fields(schema: Document) -> Iterator[str]:
    if not schema["properties"]:
        yield "<p>No fields.</p>"
        return
    required = schema.get("required", ())
    rows = [
        [
            f"<code>{escape(name)}</code>",
            escape(_type(field)),
            "always" if name in required else _absent(field),
            _words(field.get("description", "")),
        ]
        for name, field in schema["properties"].items()
    ]
    yield from _table(["field", "type", "there", "what it says"], rows)


def _absent(field: Document) -> str:
    if field.get("default") is None:
        return "may be absent"
    return f"absent: <code>{escape(dumps(field['default']).decode())}</code>"


def _type(field: Document) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    if "const" in field:
        return f"“{field['const']}”"
    if field["type"] == "array":
        return f"list of {_type(field['items'])}"
    if field["type"] == "object":
        return f"map to {_type(field['additionalProperties'])}"
    return "moment" if field.get("format") == "date-time" else str(field["type"])


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield "<table><tr>" + "".join(f"<th>{each}" for each in head)
    for row in rows:
        yield "<tr>" + "".join(f"<td>{cell}" for cell in row)
    yield "</table>"


def _prose(text: str) -> Iterator[str]:
    """Paragraphs and numbered lists, which is all that our descriptions use."""
    for block in text.split("\n\n"):
        if re.match(r"\d+\. ", block):
            items = (re.sub(r"^\d+\. ", "", line) for line in block.splitlines())
            yield "<ol>" + "".join(f"<li>{_words(each)}" for each in items) + "</ol>"
        else:
            yield f"<p>{_words(block)}</p>"


def _words(text: str) -> str:
    """Escaped, with `code` and **what matters** marked."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", marked)


def _setting(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _file(schema: Document) -> str:
    """The name of the file that a schema refers to; "" when it refers to none."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _to(name: str) -> str:
    return f'<a href="#{_anchor(name)}">{escape(name)}</a>'


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name)
