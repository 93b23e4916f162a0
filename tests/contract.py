"""Holds what goes over the wire against Discord's own OpenAPI document."""

import reprlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jsonschema_rs
from jsonschema_rs import ValidationError, ValidationErrorKind

from sandbox.discord.exchange import Exchange

_URI = "urn:discord"
_VALUE = "<value>"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}

_Path = tuple[str | int, ...]
_Problem = tuple[_Path, str]


class DiscordContract:
    """Tells whether requests and answers are what the document says.

    The document is loose. These go unnoticed here, and a stand-in must look for them itself:

    - fields that are misspelt or do not belong: nearly every object takes others than it names;
    - the flag of Components V2: its components without the flag, content or embeds beside it;
    - a button without a `custom_id` or with both that and a URL, without a label, two with one `custom_id`;
    - whatever is counted across a message: 6000 characters of embeds, 4000 of text displays, 40 components;
      and the content of a new message, which may have 4000 characters by the document and 2000 in truth;
    - characters in the names of commands, the order of required options, and choices beside autocomplete;
    - whether what is named exists: `attachment://` without its file, ids of nothing;
    - integers beyond 32 bits, headers (so rate limits too), the files of a multipart body, the gateway.

    No operation lists an answer of 500 or above, so each of these is a violation: leave out those on order.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._root = _Place(document, document)
        self._templates = [(template, template.split("/")) for template in document["paths"]]
        self._registry = jsonschema_rs.Registry([(_URI, document)], draft=jsonschema_rs.Draft202012)
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    def check(self, exchange: Exchange) -> list[str]:
        """What is wrong, each line with method, path, where and why; empty if nothing is."""
        return [f"{exchange.method} {exchange.path}: {problem}" for problem in self._problems(exchange)]

    def _problems(self, exchange: Exchange) -> Iterator[str]:
        template = self._template(exchange.path)
        if template is None:
            yield "the document has no such path"
            return
        operation = self._root.at("paths", template, exchange.method.lower())
        if not operation:
            yield f"the document has no {exchange.method} for {template}"
            return
        yield from self._parameters(exchange, template, operation)
        yield from self._request(exchange, operation)
        yield from self._answer(exchange, operation)

    def _template(self, path: str) -> str | None:
        segments = path.split("/")
        fitting = [
            (template, own)
            for template, own in self._templates
            if len(own) == len(segments)
            and all(_is_parameter(one) or one == other for one, other in zip(own, segments, strict=True))
        ]
        # `@me` in the template is meant before an id that is called so.
        literal_first = sorted(fitting, key=lambda found: [_is_parameter(one) for one in found[1]])
        return literal_first[0][0] if literal_first else None

    def _parameters(self, exchange: Exchange, template: str, operation: "_Place") -> Iterator[str]:
        named = zip(template.split("/"), exchange.path.split("/"), strict=True)
        in_path = {name[1:-1]: value for name, value in named if _is_parameter(name)}
        given = {
            **{("path", name): value for name, value in in_path.items()},
            **{("query", name): value for name, value in exchange.query.items()},
        }
        known = {
            (one.value["in"], one.value["name"]): one
            for holder in (self._root.at("paths", template), operation)
            for one in holder.at("parameters").items()
        }
        for (where, name), text in given.items():
            if (where, name) not in known:
                yield f"{where} {name}: the document has no such parameter"
                continue
            schema = known[where, name].at("schema")
            yield from self._validate(f"{where} {name}", schema, _read(text, schema))
        for (where, name), parameter in known.items():
            if parameter.value.get("required") and (where, name) not in given:
                yield f"{where} {name}: is required"

    def _request(self, exchange: Exchange, operation: "_Place") -> Iterator[str]:
        body = operation.at("requestBody")
        if not body:
            if exchange.request is not None:
                yield "request: the document has no body here"
            return
        if exchange.request is None:
            # What is refused at the door is refused before anyone looks at its body.
            if body.value.get("required") and exchange.status < 400:
                yield "request: the document wants a body here"
            return
        schema = body.at("content", "application/json", "schema")
        if schema:
            yield from self._validate("request", schema, _as_documented(exchange.request))
        else:
            schema = body.at("content", "multipart/form-data", "schema")
            # An exchange tells nothing of files: they are taken to be there.
            yield from self._validate("request", schema, {**_files(schema), **exchange.request})

    def _answer(self, exchange: Exchange, operation: "_Place") -> Iterator[str]:
        listed = operation.at("responses")
        keys = (str(exchange.status), f"{exchange.status // 100}XX", "default")
        response = next((listed.at(key) for key in keys if listed.at(key)), None)
        if response is None:
            yield f"answer: the document lists no status {exchange.status}"
            return
        content = response.at("content")
        if content.at("application/json"):
            schema = content.at("application/json", "schema")
            answer = _with_codes_as_numbers(exchange.answer) if exchange.status >= 400 else exchange.answer
            yield from self._validate(f"answer {exchange.status}", schema, answer)
        elif exchange.answer is not None:
            yield f"answer {exchange.status}: the document has no JSON here"

    def _validate(self, what: str, schema: "_Place", value: Any) -> Iterator[str]:
        validator = self._validators.get(schema.pointer)
        if validator is None:
            validator = self._validators[schema.pointer] = jsonschema_rs.validator_for(
                # Braces of a path's template may not stand in a URI.
                {"$ref": f"{_URI}#{quote(schema.pointer)}"},
                registry=self._registry,
                validate_formats=True,
                mask=_VALUE,
            )
        for error in validator.iter_errors(value):
            for path, why in _explain(error):
                where = "".join(f"/{step}" for step in path)
                yield f"{what}{where and ' ' + where}: {why}"


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the document, references already followed; false where there is none."""

    document: dict[str, Any]
    value: Any
    pointer: str = ""

    def __bool__(self) -> bool:
        return self.value is not None

    def at(self, *steps: str | int) -> "_Place":
        place = self
        for step in steps:
            found = place.value.get(step) if isinstance(place.value, dict) else None
            if isinstance(place.value, list) and isinstance(step, int):
                found = place.value[step]
            escaped = str(step).replace("~", "~0").replace("/", "~1")
            place = _Place(self.document, found, f"{place.pointer}/{escaped}")
            if isinstance(found, dict) and isinstance(found.get("$ref"), str):
                names = found["$ref"].removeprefix("#/").split("/")
                place = _Place(self.document, self.document).at(*names)
        return place

    def items(self) -> "list[_Place]":
        return [self.at(index) for index in range(len(self.value or ()))]


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _files(schema: _Place) -> dict[str, str]:
    properties: dict[str, Any] = schema.at("properties").value or {}
    return {name: "" for name, one in properties.items() if one.get("contentEncoding") == "binary"}


def _read(text: str, schema: _Place) -> Any:
    """A parameter as the type that its schema wants; as text where it is not of that type."""
    match schema.value.get("type"):
        case "integer" if text.removeprefix("-").isdecimal():
            return int(text)
        case "boolean":
            return _BOOLEANS.get(text.lower(), text)
        case "array":
            return text.split(",")
        case _:
            return text


def _as_documented(body: Any) -> Any:
    """discord.py sends integers for these ids. Discord takes them, and its document says strings."""
    if not isinstance(body, dict):
        return body
    changed = dict(body)
    if _is_integer(body.get("recipient_id")):
        changed["recipient_id"] = str(body["recipient_id"])
    if isinstance(body.get("attachments"), list):
        changed["attachments"] = [
            {**one, "id": str(one["id"])} if isinstance(one, dict) and _is_integer(one.get("id")) else one
            for one in body["attachments"]
        ]
    if isinstance(body.get("message_reference"), dict):
        reference = body["message_reference"]
        changed["message_reference"] = {
            key: str(value) if _is_integer(value) and key.endswith("_id") else value
            for key, value in reference.items()
        }
    if isinstance(body.get("data"), dict):
        # In the answer to an interaction the message stands there.
        changed["data"] = _as_documented(body["data"])
    return changed


def _with_codes_as_numbers(answer: Any) -> Any:
    """The codes of single fields are words such as BASE_TYPE_REQUIRED. The document says integers."""
    if isinstance(answer, list):
        return [_with_codes_as_numbers(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    changed = {key: _with_codes_as_numbers(value) for key, value in answer.items()}
    if isinstance(answer.get("_errors"), list):
        changed["_errors"] = [
            {**one, "code": 0} if isinstance(one, dict) and isinstance(one.get("code"), str) else one
            for one in answer["_errors"]
        ]
    return changed


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _explain(error: ValidationError) -> list[_Problem]:
    """Of alternatives, what is wrong by the one that was most likely meant."""
    kind, here = error.kind, tuple(error.instance_path)
    if not isinstance(kind, ValidationErrorKind.OneOfNotValid | ValidationErrorKind.AnyOf):
        return [(here, error.message.replace(_VALUE, reprlib.repr(error.instance)))]
    misfits = [[inner for inner in branch if _is_misfit(inner, here)] for branch in kind.context]
    fitting = [branch for branch, misfit in zip(kind.context, misfits, strict=True) if not misfit]
    if fitting:
        explained = [[problem for inner in branch for problem in _explain(inner)] for branch in fitting]
        return min(explained, key=lambda problems: (len(problems), -max(len(path) for path, _ in problems)))
    # None was meant. Those that fail at `type` come nearer than those that are not even objects.
    deepest = max(len(inner.instance_path) for misfit in misfits for inner in misfit)
    nearest = [inner for misfit in misfits for inner in misfit if len(inner.instance_path) == deepest]
    wanted = dict.fromkeys(str(one) for inner in nearest for one in _wanted(inner.kind))
    value = reprlib.repr(nearest[0].instance)
    return [(tuple(nearest[0].instance_path), f"{value} is none of {', '.join(wanted)}")]


def _is_misfit(error: ValidationError, here: _Path) -> bool:
    """Whether the value is of another kind than this alternative: not such a JSON type, or another `type`."""
    place = tuple(error.instance_path)
    if isinstance(error.kind, ValidationErrorKind.Enum | ValidationErrorKind.Constant):
        return place in (here, (*here, "type"))
    return isinstance(error.kind, ValidationErrorKind.Type) and place == here


def _wanted(kind: ValidationErrorKind) -> Iterable[Any]:
    match kind:
        case ValidationErrorKind.Enum(options):
            return options
        case ValidationErrorKind.Constant(expected_value):
            return [expected_value]
        case ValidationErrorKind.Type(types):
            return types
        case _:
            return []
