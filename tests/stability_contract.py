"""Holds requests and answers of pictures against Stability's own OpenAPI document of v2beta."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import jsonschema_rs

PREFIX = "/v2beta/stable-image/"
PICTURE = b"\x89PNG"
"""Stands for a picture of some kind that is within its bounds: the document's schemas do not look into one."""

Form = Mapping[str, str | bytes]


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form, with all that is said of it in one place."""

    name: str
    required: bool
    schema: dict[str, Any]

    @property
    def is_file(self) -> bool:
        return self.schema.get("format") == "binary"

    @property
    def limits(self) -> dict[str, float]:
        """Of a picture."""
        limits: dict[str, float] = self.schema.get("x-input-limits", {})
        return limits

    def samples(self) -> list[str | bytes]:
        """Values within its bounds, such that its bounds are among them."""
        if self.is_file:
            return [PICTURE]
        if "enum" in self.schema:
            return list(self.schema["enum"])
        if self.schema["type"] == "string":
            return ["x" * max(1, self.schema.get("minLength", 0)), "x" * self.schema["maxLength"]]
        return [_number(self.schema["minimum"]), _number(self.schema["maximum"])]

    def spoiled(self) -> list[str]:
        """Values that are just beyond its bounds, or of another kind."""
        if self.is_file:
            return ["a text"]
        if "enum" in self.schema:
            return ["no-such", ""]
        if self.schema["type"] == "string":
            shorter = [""] if self.schema.get("minLength") else []
            return [*shorter, "x" * (self.schema["maxLength"] + 1)]
        is_whole = self.schema["type"] == "integer" or self.schema["maximum"] > 1000
        step = 1 if is_whole else 0.001
        beyond = [self.schema["minimum"] - step, self.schema["maximum"] + step]
        broken = ["1.5"] if self.schema["type"] == "integer" else []
        return [*map(_number, beyond), *broken, "many", "nan", ""]


@dataclass
class StabilityContract:
    """What is wrong is told as lines; where nothing is, there are none.

    Of pictures only their presence is looked at: their bounds are in `Part.limits`. The document refuses no field
    that it does not name.
    """

    document: dict[str, Any]
    _validators: dict[int, jsonschema_rs.Validator] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """Of the operations, below `PREFIX`."""
        return [
            path.removeprefix(PREFIX)
            for path, operation in self.document["paths"].items()
            if "post" in operation
        ]

    def parts(self, path: str) -> list[Part]:
        form = self._form(path)
        return [
            Part(name, name in form["required"], self._flat(one)) for name, one in form["properties"].items()
        ]

    def credits(self, path: str) -> Any:
        """The price, or the prices by model."""
        return self._post(path)["x-credits"]

    def is_answered_later(self, path: str) -> bool:
        response: dict[str, str] = self._post(path)["responses"]["200"]
        return response.get("$ref", "").endswith("AsyncStarted")

    def combinations(self, path: str) -> Iterator[dict[str, str | bytes]]:
        """Forms with each required field, and with all that the conditions between fields speak of or without:
        some are right, and some are not."""
        parts = {part.name: part for part in self.parts(path)}
        named = set().union(*(_named(rule) for rule in self._form(path).get("allOf", [])))
        choices = [
            parts[name].samples()[:1] if parts[name].required else [None, *parts[name].samples()[:2]]
            for name in sorted(named)
        ]
        needed = {part.name: part.samples()[0] for part in parts.values() if part.required}
        for values in product(*choices):
            chosen = dict(zip(sorted(named), values, strict=True))
            yield needed | {name: value for name, value in chosen.items() if value is not None}

    def problems_of_form(self, path: str, form: Form) -> list[str]:
        types = {part.name: part.schema.get("type") for part in self.parts(path)}
        read = {name: _read(value, types.get(name)) for name, value in form.items()}
        return self._problems(self._form(path), read)

    def problems_of_answer(
        self, method: str, template: str, status: int, headers: Mapping[str, str], body: Any
    ) -> list[str]:
        """`body` is bytes, or what was in JSON; `template` is the whole path as the document has it."""
        response = self._flat(self.document["paths"][template][method]["responses"].get(str(status), {}))
        type_ = headers["Content-Type"].replace("; charset=utf-8", "")
        if type_ not in response.get("content", {}):
            return [f"{status} {type_} is not listed"]
        is_picture = isinstance(body, bytes)
        problems = self._problems(
            response["content"][type_]["schema"], body.decode("latin-1") if is_picture else body
        )
        for name, header in response.get("headers", {}).items():
            header = self._flat(header)
            is_absent = bool(header.get("x-absent-on-json")) and not is_picture
            if is_absent != (name not in headers):
                problems.append(f"header {name}: {headers.get(name)}")
            elif not is_absent:
                problems += self._problems(header["schema"], headers[name])
        return problems

    def _post(self, path: str) -> dict[str, Any]:
        post: dict[str, Any] = self.document["paths"][PREFIX + path]["post"]
        return post

    def _form(self, path: str) -> dict[str, Any]:
        form: dict[str, Any] = self._post(path)["requestBody"]["content"]["multipart/form-data"]["schema"]
        return form

    def _problems(self, schema: dict[str, Any], value: Any) -> list[str]:
        # Schemas are parts of the document, which lives as long as this.
        validator = self._validators.get(id(schema))
        if validator is None:
            whole = {**schema, "components": self.document["components"]}
            validator = self._validators[id(schema)] = jsonschema_rs.validator_for(whole)
        return [error.message[:300] for error in validator.iter_errors(value)]

    def _flat(self, schema: dict[str, Any]) -> dict[str, Any]:
        """References followed; of several bounds the narrower, and of all else what is said last."""
        if "$ref" in schema:
            place: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            return self._flat(place)
        own = {name: value for name, value in schema.items() if name != "allOf"}
        flat: dict[str, Any] = {}
        for other in (*map(self._flat, schema.get("allOf", ())), own):
            narrower = {
                name: pick(flat[name], other[name])
                for name, pick in (("minimum", max), ("maximum", min))
                if name in flat and name in other
            }
            flat = {**flat, **other, **narrower}
        return flat


def _named(rule: Any) -> set[str]:
    """The fields that a condition speaks of."""
    if isinstance(rule, list):
        return set().union(*map(_named, rule))
    if not isinstance(rule, dict):
        return set()
    inner = [value for name, value in rule.items() if name in ("allOf", "anyOf", "oneOf", "not")]
    return {*rule.get("required", ()), *rule.get("properties", ()), *_named(inner)}


def _number(value: float) -> str:
    return f"{value:.12g}"


def _read(value: str | bytes, type_: str | None) -> Any:
    """A form's text as the document means it."""
    if isinstance(value, bytes):
        return ""
    if type_ not in ("number", "integer"):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number
