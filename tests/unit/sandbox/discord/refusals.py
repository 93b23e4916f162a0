"""What a rule refuses, in a form that is easy to compare."""

from collections.abc import Callable, Iterator

from sandbox.discord.errors import DiscordError
from sandbox.discord.rules.form import Form, Node
from sandbox.discord.wire import Json


def refused(call: Callable[[], object]) -> list[str]:
    """Each thing that is wrong as `where: CODE`, or the number of the error; empty if nothing is refused."""
    try:
        call()
    except DiscordError as error:
        return sorted(_flat(error.errors)) if error.errors is not None else [str(error.code)]
    return []


def wrong(read: Callable[[Node], object], value: object) -> list[str]:
    """The same for a rule that reads a node."""

    def call() -> None:
        form = Form()
        read(Node(value, form))
        form.refuse_if_wrong()

    return refused(call)


def _flat(errors: Json, where: str = "") -> Iterator[str]:
    for key, value in errors.items():
        if key == "_errors":
            yield from (f"{where}: {error['code']}" for error in value)
        else:
            yield from _flat(value, f"{where}.{key}".lstrip("."))
