"""Reads a request body field by field and collects what is wrong with it, in Discord's nested shape."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from sandbox.discord.errors import invalid_form
from sandbox.discord.wire import Json

_T = TypeVar("_T")

Path = tuple[str | int, ...]


class Form:
    """All that is wrong is told at once, as Discord does."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def add(self, path: Path, code: str, message: str) -> None:
        place = self._errors
        for step in path:
            place = place.setdefault(str(step), {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def refuse_if_wrong(self) -> None:
        if self._errors:
            raise invalid_form(self._errors)


class Node:
    """A value in the body, and where it stands. Reading a field that is wrong records that and gives None."""

    def __init__(self, value: object, form: Form, path: Path = ()) -> None:
        self.value = value
        self.form = form
        self.path = path

    @property
    def fields(self) -> Json:
        return self.value if isinstance(self.value, dict) else {}

    def error(self, code: str, message: str, *where: str | int) -> None:
        self.form.add((*self.path, *where), code, message)

    def has(self, key: str) -> bool:
        """Discord takes null for a field that is left out."""
        return self.fields.get(key) is not None

    def child(self, key: str) -> "Node":
        return Node(self.fields.get(key), self.form, (*self.path, key))

    def only(self, *known: str) -> None:
        """Discord ignores other fields and loses a misspelt one in silence; the sandbox refuses it."""
        if not isinstance(self.value, dict):
            self.error("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            return
        for key in self.value.keys() - set(known):
            self.error("UNKNOWN_FIELD", "Discord knows no such field here and would ignore it", key)

    def text(
        self, key: str, *, maximum: int, minimum: int = 0, required: bool = False, strip: bool = True
    ) -> str | None:
        value = self._typed(key, str, "STRING_TYPE_CONVERT", 'Could not interpret "{}" as string.', required)
        if value is None:
            return None
        value = value.strip() if strip else value
        if required and minimum and not value:
            self.error("BASE_TYPE_REQUIRED", "This field is required", key)
        elif len(value) > maximum or len(value) < minimum:
            self._bad_length(key, minimum, maximum)
        return value

    def integer(
        self, key: str, *, minimum: int, maximum: int, required: bool = False, default: int | None = None
    ) -> int | None:
        value = self._typed(key, int, "NUMBER_TYPE_COERCE", 'Value "{}" is not int.', required)
        if value is None:
            return default
        if value < minimum:
            self.error("NUMBER_TYPE_MIN", f"int value should be greater than or equal to {minimum}.", key)
        if value > maximum:
            self.error("NUMBER_TYPE_MAX", f"int value should be less than or equal to {maximum}.", key)
        return value

    def boolean(self, key: str, *, default: bool = False) -> bool:
        value = self._typed(
            key, bool, "BOOLEAN_TYPE_CONVERT", 'Must be either true or false, not "{}".', False
        )
        return default if value is None else value

    def choice(self, key: str, choices: Collection[Any], *, required: bool = True) -> Any:
        if not self.has(key):
            if required:
                self.error("BASE_TYPE_REQUIRED", "This field is required", key)
            return None
        value = self.fields[key]
        if value not in choices or isinstance(value, bool):
            allowed = ", ".join(str(choice) for choice in choices)
            self.error("BASE_TYPE_CHOICES", f"Value must be one of ({allowed}).", key)
            return None
        return value

    def items(self, key: str, *, maximum: int, minimum: int = 0, required: bool = False) -> list["Node"]:
        value = self._typed(
            key, list, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType", required
        )
        if value is None:
            return []
        if not minimum <= len(value) <= maximum:
            self._bad_length(key, minimum, maximum)
        return [Node(item, self.form, (*self.path, key, index)) for index, item in enumerate(value)]

    def all_of(
        self, key: str, read: Callable[["Node"], Json], *, maximum: int, minimum: int = 0
    ) -> list[Json]:
        return [read(node) for node in self.items(key, maximum=maximum, minimum=minimum)]

    def _typed(self, key: str, kind: type[_T], code: str, message: str, required: bool) -> _T | None:
        if not self.has(key):
            if required:
                self.error("BASE_TYPE_REQUIRED", "This field is required", key)
            return None
        value = self.fields[key]
        # In Python a bool is an int; to Discord it is not.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.error(code, message.format(value), key)
            return None
        return value

    def _bad_length(self, key: str, minimum: int, maximum: int) -> None:
        if minimum:
            self.error("BASE_TYPE_BAD_LENGTH", f"Must be between {minimum} and {maximum} in length.", key)
        else:
            self.error("BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.", key)


def without_none(fields: Json) -> Json:
    """Discord leaves out what is not set."""
    return {key: value for key, value in fields.items() if value is not None}
