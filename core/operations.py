"""The operations: what can be done to words and to pictures, and what each takes. Stability's models do them all."""

from decimal import Decimal
from typing import Any

from core.registry import DEAR_CREDITS as DEAR_CREDITS
from core.registry import MODELS as MODELS
from core.registry import OPERATIONS as OPERATIONS
from core.registry import PIXELS_MAX as PIXELS_MAX
from core.registry import SIDE_MAX as SIDE_MAX
from core.registry import STYLES as STYLES
from core.registry import Bounds as Bounds
from core.registry import Input as Input
from core.registry import Kind as Kind
from core.registry import Model as Model
from core.registry import Need as Need
from core.registry import Operation as Operation
from core.registry import Param as Param
from core.registry import Role as Role
from core.registry import Shape as Shape
from core.registry import choice_title as choice_title
from core.registry import offer as offer
from core.registry import register

SIDE_MIN = 256
SIDE_DEFAULT = 1024

PROMPT_LENGTH_MAX = 2000
"""The v1 API's bound, for a negative prompt too; v2beta would take more."""

TARGET_LENGTH_MAX = 200
"""Of the words for what is to be replaced or recolored; more would not name one thing."""

SEED_MAX = 4_294_967_294

EXTENSION_MAX = 2000
"""By how many pixels a picture is extended to one side at most."""

EXTENDED_PIXELS_MAX = 9_437_184
"""What an extended picture may have in all: more would not be taken for the next step."""

SIZES = {
    "square": (1024, 1024),
    "portrait": (832, 1216),
    "landscape": (1216, 832),
    "wide": (1536, 864),
    "tall": (864, 1536),
}
"""Shapes by name: width and height in pixels."""

VARIATIONS = {"subtle": 0.35, "strong": 0.7}
"""How much changes: `strength` by the name of the button."""

FIELDS = 9
"""A picture has three rows of three, by which a part of it is named where nobody can draw."""

UPSCALE_FACTOR = 4
"""Of the fast upscaler: each side."""

UPSCALED_PIXELS = 9_437_184
"""About what the others make of any picture."""

_WIDTH = Param(
    "width", Kind.WHOLE, "Width", "In pixels", SIDE_MIN, SIDE_MAX, required=True, default=SIDE_DEFAULT
)
_HEIGHT = Param(
    "height", Kind.WHOLE, "Height", "In pixels", SIDE_MIN, SIDE_MAX, required=True, default=SIDE_DEFAULT
)
_SEED = Param(
    "seed", Kind.WHOLE, "Seed", "The same words with the same seed give the same picture", 0, SEED_MAX
)
_WITHOUT = Param(
    "negative_prompt", Kind.TEXT, "Not in it", "What the picture should not show", 0, PROMPT_LENGTH_MAX
)
_STYLE = Param("style", Kind.CHOICE, "Style", "In which manner it is painted", choices=STYLES)
_FIELDS = Param("fields", Kind.FIELDS, "Where", "Which of the nine fields of the picture", 1, FIELDS)
_CLOSENESS = Param(
    "closeness", Kind.NUMBER, "Closeness", "How closely it keeps to the picture, from 0 to 1", 0, 1
)


def _target(title: str) -> Param:
    about = "The thing in the picture, in a few words"
    return Param("target", Kind.TEXT, title, about, 1, TARGET_LENGTH_MAX, required=True)


_PICTURE = Input(Role.PICTURE)
_ANY_RATIO = Bounds(ratio_max=None)
_MASK = Input(Role.MASK, Need.OPTIONAL, _ANY_RATIO)

IMAGINE = Operation(
    "imagine",
    "🖼️",
    "Imagine",
    "Paint a picture from words",
    (_WIDTH, _HEIGHT, _SEED, _WITHOUT, _STYLE),
    sized=True,
)
VARY = Operation(
    "vary",
    "🎲",
    "Vary",
    "Paint a variation of a picture",
    (
        Param(
            "strength",
            Kind.NUMBER,
            "Strength",
            "How much changes, from 0 (nothing) to 1 (everything)",
            0,
            1,
            required=True,
            default=VARIATIONS["strong"],
        ),
        _SEED,
        _WITHOUT,
        _STYLE,
    ),
    (Input(Role.PICTURE, bounds=Bounds(pixels_max=PIXELS_MAX, ratio_max=None)),),
)
REPLACE = Operation(
    "replace",
    "🔄",
    "Replace",
    "Put something else in the place of a thing",
    (_target("What to replace"), _SEED, _WITHOUT, _STYLE),
    (_PICTURE,),
    asks="What to put in its place",
)
RECOLOR = Operation(
    "recolor",
    "🎨",
    "Recolor",
    "Give a thing another color",
    (_target("What to recolor"), _SEED, _WITHOUT, _STYLE),
    (_PICTURE,),
    asks="Which color it gets",
)
ERASE = Operation(
    "erase",
    "🧽",
    "Erase",
    "Take something out of a picture",
    (_FIELDS, _SEED),
    (Input(Role.PICTURE, bounds=_ANY_RATIO), _MASK),
    words=Need.NONE,
)
PAINT_OVER = Operation(
    "paint-over",
    "🖌️",
    "Paint over",
    "Paint something else into a part of a picture",
    (_FIELDS, _SEED, _WITHOUT, _STYLE),
    (Input(Role.PICTURE, bounds=_ANY_RATIO), _MASK),
    asks="What to paint there",
)
EXTEND = Operation(
    "extend",
    "↔️",
    "Extend",
    "Show what is around a picture",
    (
        *(
            Param(side, Kind.WHOLE, side.capitalize(), "How far, in pixels", 0, EXTENSION_MAX)
            for side in ("left", "right", "up", "down")
        ),
        _SEED,
        _STYLE,
    ),
    (_PICTURE,),
    words=Need.OPTIONAL,
    asks="What is around it",
)
CUT_OUT = Operation(
    "cut-out",
    "✂️",
    "Cut out",
    "Take the background away",
    (),
    (Input(Role.PICTURE, bounds=Bounds(pixels_max=4_194_304, ratio_max=None)),),
    words=Need.NONE,
)
RELIGHT = Operation(
    "relight",
    "💡",
    "New background and light",
    "Put a thing before another background, in its light",
    (
        Param(
            "light",
            Kind.CHOICE,
            "Light",
            "From where the light comes",
            choices=("above", "below", "left", "right"),
        ),
        _SEED,
        _WITHOUT,
    ),
    (_PICTURE, Input(Role.REFERENCE, Need.OPTIONAL, _ANY_RATIO)),
    words=Need.OPTIONAL,
    asks="What is behind it",
)
SKETCH = Operation(
    "sketch",
    "✏️",
    "From a sketch",
    "Paint what a sketch shows",
    (_CLOSENESS, _SEED, _WITHOUT, _STYLE),
    (_PICTURE,),
    asks="What the sketch shows",
)
STRUCTURE = Operation(
    "structure",
    "🏗️",
    "Same structure",
    "Paint something else with the structure of a picture",
    (_CLOSENESS, _SEED, _WITHOUT, _STYLE),
    (_PICTURE,),
)
IN_STYLE = Operation(
    "style",
    "🖼️",
    "In its style",
    "Paint something else in the style of a picture",
    (_WIDTH, _HEIGHT, _CLOSENESS, _SEED, _WITHOUT, _STYLE),
    (_PICTURE,),
    sized=True,
)
TRANSFER = Operation(
    "transfer",
    "🪄",
    "Another style",
    "Give a picture the style of another one",
    (
        Param("strength", Kind.NUMBER, "Strength", "How much of the style it takes, from 0 to 1", 0, 1),
        _SEED,
        _WITHOUT,
    ),
    (_PICTURE, Input(Role.REFERENCE, bounds=_ANY_RATIO)),
    words=Need.OPTIONAL,
)
UPSCALE = Operation(
    "upscale",
    "🔍",
    "Enlarge",
    "Make a picture larger",
    (_SEED,),
    (_PICTURE,),
    words=Need.NONE,
)
register(
    IMAGINE, VARY, REPLACE, RECOLOR, ERASE, PAINT_OVER, EXTEND, CUT_OUT, RELIGHT, SKETCH, STRUCTURE, IN_STYLE,
    TRANSFER, UPSCALE,
)  # fmt: skip

CHANGES = tuple(operation for operation in OPERATIONS.values() if operation.inputs)
"""What is made from a picture."""

PAINTERS = IMAGINE.models
"""The models that paint from words, by name."""

# The real sizes behind a ratio differ by model and are read from the picture; only the form matters.
_RATIOS = tuple(
    Shape(int(width), int(height), f"{width}:{height}")
    for width, height in (ratio.split(":") for ratio in "21:9 16:9 3:2 5:4 1:1 4:5 2:3 9:16 9:21".split())
)
_SDXL_SHAPES = tuple(
    Shape(int(width), int(height))
    for width, height in (
        size.split("x")
        for size in "1024x1024 1152x896 896x1152 1216x832 832x1216 1344x768 768x1344 1536x640 640x1536".split()
    )
)


def _v2beta(
    name: str,
    title: str,
    good_at: str,
    credits: str,
    *,
    takes_negative_prompt: bool = True,
    pixels_max: int = PIXELS_MAX,
) -> Model:
    return Model(
        name,
        title,
        good_at,
        Decimal(credits),
        shapes=_RATIOS,
        takes_negative_prompt=takes_negative_prompt,
        pixels_max=pixels_max,
    )


offer(
    IMAGINE,
    _v2beta("core", "Stable Image Core", "a good picture of anything, quickly", "3", pixels_max=1536 * 1536),
    _v2beta("ultra", "Stable Image Ultra", "the finest detail, and text in pictures", "8"),
    _v2beta("sd3.5-large", "Stable Diffusion 3.5 Large", "keeping to a long prompt", "6.5"),
    _v2beta(
        "sd3.5-large-turbo",
        "Stable Diffusion 3.5 Large Turbo",
        "keeping to a prompt, in few steps",
        "4",
        # The vendor says so of the turbo model, which paints without the guidance that it would steer.
        takes_negative_prompt=False,
    ),
    _v2beta("sd3.5-medium", "Stable Diffusion 3.5 Medium", "styles, at a middling price", "3.5"),
    _v2beta("sd3.5-flash", "Stable Diffusion 3.5 Flash", "trying out ideas", "2.5"),
    # The vendor shut it off on 2025-07-24; a server of one's own may still speak it (STABILITY_API_HOST).
    Model(
        "stable-diffusion-v1-6",
        "Stable Diffusion 1.6",
        "small pictures in the old manner",
        Decimal(1),
        on_menu=False,
    ),
    # Nothing says whether the vendor still runs it.
    Model(
        "stable-diffusion-xl-1024-v1-0",
        "Stable Diffusion XL 1.0",
        "the cheapest",
        Decimal(1),
        shapes=_SDXL_SHAPES,
        on_menu=False,
    ),
)
offer(
    VARY, *(model for model in PAINTERS.values() if model.name == "ultra" or model.name.startswith("sd3.5"))
)

VARYING_MODEL = "sd3.5-medium"
"""What varies a picture where no model is named, at the price nearest to that of most pictures."""


def usual_model(operation: Operation) -> str:
    """What makes a change where no model is named."""
    return VARYING_MODEL if operation is VARY else next(iter(operation.models))


def _editor(name: str, title: str, good_at: str, credits: str, *, styles: tuple[str, ...] = STYLES) -> Model:
    return Model(name, title, good_at, Decimal(credits), shapes=_RATIOS, styles=styles)


def _only(name: str, title: str, good_at: str, credits: str, **more: Any) -> Model:
    """Which takes neither a style nor words for what is not to be shown."""
    return Model(name, title, good_at, Decimal(credits), styles=(), takes_negative_prompt=False, **more)


offer(REPLACE, _editor("search-and-replace", "Search and Replace", "one thing for another", "5"))
offer(RECOLOR, _editor("search-and-recolor", "Search and Recolor", "another color", "5"))
offer(ERASE, _only("erase", "Erase", "taking things out", "5"))
offer(PAINT_OVER, _editor("inpaint", "Inpaint", "painting things in", "5"))
offer(EXTEND, Model("outpaint", "Outpaint", "more around it", Decimal(4), takes_negative_prompt=False))
offer(CUT_OUT, _only("remove-background", "Remove Background", "cutting out", "5"))
offer(
    RELIGHT,
    _editor(
        "replace-background-and-relight", "Replace Background and Relight", "another place", "8", styles=()
    ),
)
offer(SKETCH, _editor("sketch", "Sketch", "keeping to lines", "5"))
offer(STRUCTURE, _editor("structure", "Structure", "keeping to shapes", "5"))
offer(IN_STYLE, _editor("style", "Style Guide", "keeping to a style", "5"))
offer(TRANSFER, _editor("style-transfer", "Style Transfer", "another style", "8", styles=()))

FAST, CONSERVATIVE, CREATIVE = (
    _only(
        "upscale-fast",
        "Fast Upscaler",
        "four times the size",
        "2",
        takes=Bounds(32, 1536, 1_024, 1_048_576, ratio_max=None),
    ),
    Model(
        "upscale-conservative",
        "Conservative Upscaler",
        "much larger, and faithful",
        Decimal(40),
        styles=(),
        words=Need.REQUIRED,
    ),
    Model(
        "upscale-creative",
        "Creative Upscaler",
        "much larger, with new detail",
        Decimal(60),
        takes=Bounds(pixels_max=1_048_576, ratio_max=None),
        words=Need.REQUIRED,
    ),
)
offer(UPSCALE, FAST, CONSERVATIVE, CREATIVE)

DEFAULT_MODEL = "core"
