"""What the fields of one form must be to one another: each rule names its problems."""

from collections.abc import Iterator

from sandbox.stability.v2beta.fields import Values

SIDES = ("left", "right", "up", "down")


def image_needs_strength(values: Values) -> Iterator[str]:
    if "image" in values.given and "strength" not in values.given:
        yield "strength: required where there is an image"


def fits_mode(values: Values) -> Iterator[str]:
    """Of SD3. A mode that is none has its own problem."""
    match values.texts.get("mode"):
        case "image-to-image":
            yield from (f"{name}: required" for name in ("image", "strength") if name not in values.given)
            if "aspect_ratio" in values.given:
                yield "aspect_ratio: is not taken with mode image-to-image"
        case "text-to-image":
            for name in ("image", "strength"):
                if name in values.given:
                    yield f"{name}: is taken with mode image-to-image alone"


def has_a_side(values: Values) -> Iterator[str]:
    if not any(values.numbers.get(side) for side in SIDES) and _are_fine(values, SIDES):
        yield f"left: at least one of {', '.join(SIDES)} must be above 0"


def has_a_background(values: Values) -> Iterator[str]:
    if not values.given & {"background_prompt", "background_reference"}:
        yield "background_prompt: required where there is no background_reference"


def has_a_light(values: Values) -> Iterator[str]:
    lights = {"light_reference", "light_source_direction"}
    if "light_source_strength" in values.given and not values.given & lights:
        yield "light_source_strength: needs light_reference or light_source_direction"


def _are_fine(values: Values, names: tuple[str, ...]) -> bool:
    return all(name in values.numbers for name in names)
