"""Components as the tree they are."""

from collections.abc import Iterable, Iterator

from sandbox.discord.wire import Json


def walk(components: Iterable[Json]) -> Iterator[Json]:
    """Each component before those inside it."""
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        for slot in ("accessory", "component"):
            if slot in component:
                yield from walk([component[slot]])


def texts(components: Iterable[Json]) -> Iterator[str]:
    """What the text displays say."""
    return (component["content"] for component in walk(components) if component.get("content"))


def number(components: list[Json]) -> None:
    """Gives each component without an id the next free one, in order, as Discord does."""
    taken = {component.get("id") for component in walk(components)}
    candidate = 1
    for component in walk(components):
        if "id" not in component:
            while candidate in taken:
                candidate += 1
            component["id"] = candidate
            taken.add(candidate)
