"""The endpoints of v2beta/stable-image, one entry each: fields and their bounds, price, size, and what is drawn."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from PIL import Image

from sandbox.stability.painter import controls, edits, enlargements, landscape, light
from sandbox.stability.v2beta import rules, sizes
from sandbox.stability.v2beta.fields import Choice, Field, Number, Picture, Text, Values
from sandbox.stability.work import Work

SEED_MAX = 4_294_967_294
PIXELS_MAX = 9_437_184
RATIO_MAX = 2.5


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` is below /v2beta/stable-image; `credits` are by model, of which most have one."""

    path: str
    credits: Mapping[str, float]
    fields: tuple[Field, ...]
    size: Callable[[Values], sizes.Size]
    draw: Callable[[Work], Image.Image]
    rules: tuple[Callable[[Values], Iterator[str]], ...] = ()
    is_answered_later: bool = False


def _image(
    name: str = "image",
    *,
    required: bool = True,
    ratio_max: float | None = RATIO_MAX,
    side_max: int | None = None,
    pixels: tuple[int, int | None] = (4096, PIXELS_MAX),
) -> Picture:
    """With the bounds that most inputs have."""
    return Picture(name, required, (64, side_max), pixels, ratio_max)


_FORMATS = ("png", "jpeg", "webp")
_PROMPT = Text("prompt", required=True, length_min=1)
_PROMPT_OR_NONE = Text("prompt")
_NEGATIVE = Text("negative_prompt")
_SEED = Number("seed", 0, SEED_MAX, 0)
_FORMAT = Choice("output_format", _FORMATS, "png")
_SHAPE = Choice("aspect_ratio", tuple(sizes.SHAPES), "1:1")
_STYLE = Choice(
    "style_preset",
    tuple(
        "enhance anime photographic digital-art comic-book fantasy-art line-art analog-film neon-punk isometric "
        "low-poly origami modeling-compound cinematic 3d-model pixel-art tile-texture".split()
    ),
)
_STRENGTH = Number("strength", 0, 1)
_CONTROL = Number("control_strength", 0, 1, 0.7)
_MASK = Picture("mask")
_SD3_CREDITS = {"sd3.5-large": 6.5, "sd3.5-large-turbo": 4.0, "sd3.5-medium": 3.5, "sd3.5-flash": 2.5}

_GENERATE = (
    Operation(
        "generate/core",
        {"core": 3},
        (_PROMPT, _SHAPE, _NEGATIVE, _SEED, _STYLE, _FORMAT),
        sizes.of_core,
        landscape.draw,
    ),
    Operation(
        "generate/ultra",
        {"ultra": 8},
        (
            *(_PROMPT, _NEGATIVE, _SHAPE, _SEED, _FORMAT, _STYLE, _STRENGTH),
            _image(required=False, ratio_max=None, side_max=16384, pixels=(4096, None)),
        ),
        sizes.of_shape,
        controls.generate,
        rules=(rules.image_needs_strength,),
    ),
    Operation(
        "generate/sd3",
        _SD3_CREDITS,
        (
            *(_PROMPT, _SHAPE, _SEED, _FORMAT, _STYLE, _NEGATIVE, _STRENGTH),
            Choice("mode", ("text-to-image", "image-to-image"), "text-to-image"),
            Choice("model", tuple(_SD3_CREDITS), "sd3.5-large"),
            # Its default differs by model, and nothing is seen of it here.
            Number("cfg_scale", 1, 10),
            _image(required=False, ratio_max=None, pixels=(1, None)),
        ),
        sizes.of_shape,
        controls.generate,
        rules=(rules.fits_mode,),
    ),
)
_EDIT = (
    Operation(
        "edit/erase",
        {"erase": 5},
        (_image(ratio_max=None), _MASK, Number("grow_mask", 0, 20, 5), _SEED, _FORMAT),
        sizes.of_input(),
        edits.erase,
    ),
    Operation(
        "edit/inpaint",
        {"inpaint": 5},
        (
            *(_image(ratio_max=None), _PROMPT, _NEGATIVE, _MASK, Number("grow_mask", 0, 100, 5)),
            *(_SEED, _FORMAT, _STYLE),
        ),
        sizes.of_input(),
        edits.inpaint,
    ),
    Operation(
        "edit/outpaint",
        {"outpaint": 4},
        (
            *(_image(), _PROMPT_OR_NONE, _SEED, _FORMAT, _STYLE),
            *(Number(side, 0, 2000, 0, whole=True) for side in rules.SIDES),
            # As written in the document, which contradicts itself: the wider bounds may be meant.
            Number("creativity", 0.2, 0.5, 0.5),
        ),
        sizes.of_outpaint,
        edits.outpaint,
        rules=(rules.has_a_side,),
    ),
    Operation(
        "edit/search-and-replace",
        {"search-and-replace": 5},
        (
            *(_image(), _PROMPT, Text("search_prompt", required=True), _NEGATIVE),
            *(Number("grow_mask", 0, 20, 3), _SEED, _FORMAT, _STYLE),
        ),
        sizes.of_input(),
        edits.replace,
    ),
    Operation(
        "edit/search-and-recolor",
        {"search-and-recolor": 5},
        (
            *(_image(), _PROMPT, Text("select_prompt", required=True), _NEGATIVE),
            *(Number("grow_mask", 0, 20, 3), _SEED, _FORMAT, _STYLE),
        ),
        sizes.of_input(),
        edits.recolour,
    ),
    Operation(
        "edit/remove-background",
        {"remove-background": 5},
        (_image(ratio_max=None, pixels=(4096, 4_194_304)), Choice("output_format", ("png", "webp"), "png")),
        sizes.of_input(),
        edits.cut_out,
    ),
    Operation(
        "edit/replace-background-and-relight",
        {"replace-background-and-relight": 8},
        (
            _image("subject_image"),
            _image("background_reference", required=False, ratio_max=None),
            _image("light_reference", required=False, ratio_max=None),
            *(Text("background_prompt"), Text("foreground_prompt"), _NEGATIVE, _SEED, _FORMAT),
            Number("preserve_original_subject", 0, 1, 0.6),
            Number("original_background_depth", 0, 1, 0.5),
            Choice("keep_original_background", ("true", "false"), "false"),
            Choice("light_source_direction", ("left", "right", "above", "below")),
            Number("light_source_strength", 0, 1, 0.3),
        ),
        sizes.of_input("subject_image"),
        light.relight,
        rules=(rules.has_a_background, rules.has_a_light),
        is_answered_later=True,
    ),
)
_CONTROL_GROUP = (
    Operation(
        "control/sketch",
        {"sketch": 5},
        (_PROMPT, _image(pixels=(1, PIXELS_MAX)), _CONTROL, _NEGATIVE, _SEED, _FORMAT, _STYLE),
        sizes.of_input(),
        controls.sketch,
    ),
    Operation(
        "control/structure",
        {"structure": 5},
        (_PROMPT, _image(), _CONTROL, _NEGATIVE, _SEED, _FORMAT, _STYLE),
        sizes.of_input(),
        controls.structure,
    ),
    Operation(
        "control/style",
        {"style": 5},
        (_PROMPT, _image(), _NEGATIVE, _SHAPE, Number("fidelity", 0, 1, 0.5), _SEED, _FORMAT, _STYLE),
        sizes.of_ratio,
        controls.style,
    ),
    Operation(
        "control/style-transfer",
        {"style-transfer": 8},
        (
            _image("init_image", side_max=16383),
            _image("style_image", side_max=16383, ratio_max=None),
            *(_PROMPT_OR_NONE, _NEGATIVE, _SEED, _FORMAT),
            Number("style_strength", 0, 1, 1),
            Number("composition_fidelity", 0, 1, 0.9),
            Number("change_strength", 0.1, 1, 0.9),
        ),
        sizes.of_area(sizes.MEGAPIXEL, "init_image"),
        controls.style_transfer,
    ),
)
_UPSCALE = (
    Operation(
        "upscale/fast",
        {"fast": 2},
        (Picture("image", True, (32, 1536), (1024, 1_048_576)), _FORMAT),
        sizes.of_fast,
        enlargements.fast,
    ),
    Operation(
        "upscale/conservative",
        {"conservative": 40},
        (_image(), _PROMPT, _NEGATIVE, _SEED, _FORMAT, Number("creativity", 0.2, 0.5, 0.35)),
        sizes.of_area(sizes.FAITHFUL_PIXELS),
        enlargements.faithful,
    ),
    Operation(
        "upscale/creative",
        {"creative": 60},
        (
            *(_image(ratio_max=None, pixels=(4096, 1_048_576)), _PROMPT, _NEGATIVE, _FORMAT, _SEED),
            *(Number("creativity", 0.1, 0.5, 0.3), _STYLE),
        ),
        sizes.of_area(sizes.CREATIVE_PIXELS),
        enlargements.creative,
        is_answered_later=True,
    ),
)

OPERATIONS = {one.path: one for one in (*_GENERATE, *_EDIT, *_CONTROL_GROUP, *_UPSCALE)}
"""By path."""
