"""The panel, its menu of verbs, and the form of each operation: within Discord's limits in every language, and with
what the registry says."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from discord import ui

from bot.controls.edit_modal import filled_in
from bot.controls.form import PROMPT, SHAPE, asked, form, texts_of, title_of
from bot.controls.verbs import FORM_ID, Step, Verb, VerbButton, VerbSelect, verb_of
from bot.messages.content import Content, Unseen
from bot.messages.panel import picture_panel, settings_text, upload_panel
from bot.messages.refused_form import refused_form, typed_in
from bot.messages.verbs import dear_question, extend_menu, fields_content, form_title, vary_menu, verb_select
from bot.messages.words import ENGLISH, Languages, Words
from core.errors import InvalidRequest
from core.offers import offered, typed_params
from core.operations import (
    CHANGES,
    CUT_OUT,
    ERASE,
    EXTEND,
    IN_STYLE,
    PAINT_OVER,
    RELIGHT,
    REPLACE,
    TRANSFER,
    UPSCALE,
    VARY,
    Kind,
    Model,
    Need,
    Operation,
)
from core.orders import Picture, Upload
from tests.jobs import NOW, order, picture

GERMAN = Languages().of("de")


def anything(_operation: str, _model: str) -> bool:
    return True


WORDS = pytest.mark.parametrize("say", [ENGLISH, GERMAN], ids=["en", "de"])
EACH = pytest.mark.parametrize(
    ("operation", "model"),
    [(operation, model) for operation in CHANGES for model in operation.models.values()],
    ids=lambda one: one.name,
)
LARGEST_ID = -(10**18 - 1)
FIELDS = {"fields": "1-2-3-4-5-6-7-8-9"}
SIDES = dict.fromkeys(("left", "right", "up", "down"), "2000")
GIVEN = {VARY.name: {"strength": "0.35"}, EXTEND.name: SIDES, ERASE.name: FIELDS, PAINT_OVER.name: FIELDS}

LIMITS = {"label": 100, "custom_id": 100, "value": 100, "description": 100, "placeholder": 150, "title": 45}


def shown(width: int = 1024, height: int = 768, **changes: Any) -> Picture:
    return picture(of=order(**changes), width=width, height=height)


def upload(width: int = 1024, height: int = 768, url: str | None = "https://cdn.example/fox.png") -> Upload:
    return Upload(id=-7, key=UUID(int=1), member_id=10, width=width, height=height, bytes=100, url=url)


def within(payload: Any) -> None:
    """As Discord counts them; a label of a modal has 45 characters and that of a button 80."""
    if isinstance(payload, list):
        for one in payload:
            within(one)
        return
    if not isinstance(payload, dict):
        return
    limits = {**LIMITS, "label": 45} if payload.get("type") == 18 else LIMITS
    limits = {**limits, "label": 80} if payload.get("type") == 2 else limits
    for key, limit in limits.items():
        text = payload.get(key)
        # What a text input begins with has its own limit.
        if isinstance(text, str) and not (key == "value" and payload.get("type") == 4):
            assert 1 <= len(text) <= limit, (key, text)
    options = payload.get("options", [])
    assert len(options) <= 25
    assert len({option["value"] for option in options}) == len(options)
    for one in payload.values():
        within(one)


def options(select: VerbSelect | None) -> list[tuple[str, str, str]]:
    assert select is not None
    return [(one.value, one.label, one.description or "") for one in select.item.options]


def words(content: Content) -> str:
    payload: list[dict[str, Any]] = content.view.to_components()  # type: ignore[no-untyped-call]  # discord.py's
    within(payload)
    return str(payload)


def labels(modal: ui.Modal) -> dict[str, dict[str, Any]]:
    found: Any = modal.to_dict()["components"]
    return {one["component"]["custom_id"]: one for one in found}


@WORDS
def test_the_menu_has_every_verb_with_its_price(say: Words) -> None:
    select = verb_select(shown(), "core", anything, say)
    assert select is not None
    within(select.item.to_component_dict())
    found = options(select)
    names = [verb.split(":")[1] for verb, _label, _about in found]
    assert list(dict.fromkeys(names)) == [operation.name for operation in CHANGES]
    for value, label, about in found:
        operation = next(one for one in CHANGES if one.name == value.split(":")[1])
        assert label.startswith(say(operation.title))
        assert "redit" in about
        assert say(operation.about) in about
    if say is ENGLISH:
        assert found[0] == ("verb:vary::17:", "Vary", "2.5 to 8 credits · Paint a variation of a picture")
        assert found[-3:] == [
            (
                "verb:upscale:upscale-fast:17:",
                "Enlarge: four times the size",
                "2 credits · Make a picture larger",
            ),
            (
                "verb:upscale:upscale-conservative:17:",
                "Enlarge: much larger, and faithful",
                "40 credits · Make a picture larger",
            ),
            (
                "verb:upscale:upscale-creative:17:",
                "Enlarge: much larger, with new detail",
                "60 credits · Make a picture larger",
            ),
        ]


@pytest.mark.parametrize(
    ("size", "missing"),
    [
        ((1024, 1024), set()),
        # Too narrow for all but those that take any ratio.
        (
            (1536, 512),
            {"replace", "extend", "relight", "sketch", "structure", "style", "transfer", "recolor"},
        ),
        ((4096, 4096), {"upscale"}),
        ((5, 6000), {operation.name for operation in CHANGES}),
    ],
)
def test_what_cannot_be_done_with_a_size_is_left_out(size: tuple[int, int], missing: set[str]) -> None:
    found = {operation.name for operation, _models in offered(*size, "core", anything)}
    assert {operation.name for operation in CHANGES} - found == missing


def test_a_large_picture_is_offered_the_upscalers_that_make_it_larger() -> None:
    models = next(
        models for operation, models in offered(2048, 2048, "core", anything) if operation is UPSCALE
    )
    assert {model.name for model in models} == {"upscale-fast", "upscale-conservative", "upscale-creative"}
    assert verb_select(upload(5, 6000), "core", anything, ENGLISH) is None
    assert "Nothing can be done" in words(upload_panel(upload(5, 6000), "core", anything, ENGLISH))


@WORDS
@EACH
def test_each_form_is_within_the_limits_and_asks_for_what_is_needed(
    operation: Operation, model: Model, say: Words
) -> None:
    for given in ({}, GIVEN.get(operation.name, {})):
        verb = Verb(operation.name, LARGEST_ID, model.name, given)
        modal = form(verb, operation, model, {SHAPE: "wide"}, say, title=form_title(operation, model, say))
        payload = modal.to_dict()
        within(payload)
        match = FORM_ID.fullmatch(str(payload["custom_id"]))
        assert match is not None
        assert verb_of(match) == verb
        found = labels(modal)
        assert len(found) == len(payload["components"]) == len(asked(operation, model, given))
        assert (operation is not CUT_OUT) <= len(found) <= 5
        assert not given.keys() & found.keys()
        needed = {param.name for param in operation.params if param.required} - given.keys()
        needed -= {"width", "height"} if operation.sized else set()
        needed |= {PROMPT} if operation.words_for(model) is Need.REQUIRED else set()
        needed |= {one.role.value for one in operation.inputs[1:] if one.need is Need.REQUIRED}
        assert needed <= {name for name, one in found.items() if one["component"]["required"]}
        if PROMPT in found:
            assert found[PROMPT]["label"] == say(operation.asks)


@EACH
def test_every_step_of_a_verb_has_a_custom_id_that_leads_back_to_it(
    operation: Operation, model: Model
) -> None:
    for given in ({}, GIVEN.get(operation.name, {})):
        verb = Verb(operation.name, LARGEST_ID, model.name, given)
        for step in (Step.VERB, Step.SURE, Step.FILL, Step.REOPEN):
            custom_id = VerbButton(step, verb).custom_id
            assert len(custom_id) <= 100
            match = VerbButton.__discord_ui_compiled_template__.fullmatch(custom_id)
            assert match is not None
            assert (match["step"], verb_of(match)) == (step, verb)


@pytest.mark.parametrize(
    ("operation", "given", "names"),
    [
        (REPLACE, {}, ["target", "prompt", "negative_prompt", "style", "seed"]),
        (IN_STYLE, {}, ["prompt", "shape", "closeness", "negative_prompt", "style"]),
        (TRANSFER, {}, ["prompt", "reference", "strength", "negative_prompt", "seed"]),
        (RELIGHT, {}, ["prompt", "reference", "light", "negative_prompt", "seed"]),
        (EXTEND, {}, ["prompt", "left", "right", "up", "down"]),
        (ERASE, {}, ["mask", "seed"]),
        (PAINT_OVER, {}, ["prompt", "mask", "negative_prompt", "style", "seed"]),
        (PAINT_OVER, FIELDS, ["prompt", "negative_prompt", "style", "seed"]),
        (VARY, GIVEN["vary"], ["prompt", "negative_prompt", "style", "seed"]),
    ],
)
def test_a_form_asks_for_the_telling_things(
    operation: Operation, given: dict[str, str], names: list[str]
) -> None:
    model = next(iter(operation.models.values()))
    modal = form(Verb(operation.name, 17, model.name, given), operation, model, {}, ENGLISH, title="x")
    assert list(labels(modal)) == names


def test_a_model_is_not_asked_for_what_it_does_not_take() -> None:
    turbo = VARY.models["sd3.5-large-turbo"]
    modal = form(Verb("vary", 17, turbo.name, GIVEN["vary"]), VARY, turbo, {}, ENGLISH, title="x")
    assert list(labels(modal)) == ["prompt", "style", "seed"]


@EACH
def test_what_was_typed_and_refused_is_read_back_from_the_refusal(operation: Operation, model: Model) -> None:
    verb = Verb(operation.name, 17, model.name)
    long, short = texts_of(asked(operation, model, {}))
    typed = {name: f"my {name} " + "x" * 1900 for name in long} | {name: f"{name}" for name in short}
    typed.pop("seed", None)
    said_long, said_short = (
        [(title_of(one, operation), typed.get(name, "")) for name, one in texts.items()]
        for texts in (long, short)
    )
    embeds, view = refused_form("why", said_long, said_short, VerbButton(Step.REOPEN, verb))
    assert sum(map(len, embeds)) <= 6000
    assert all(1 <= len(field.value or "") <= 1024 for embed in embeds for field in embed.fields)
    assert "retype:" in str([item.to_component_dict() for item in view.children])
    message: Any = type("Message", (), {"embeds": embeds})
    assert typed_in(message, list(long), list(short)) == {**dict.fromkeys([*long, *short], ""), **typed}


def test_an_opened_form_begins_with_what_was_typed() -> None:
    model = REPLACE.models["search-and-replace"]
    typed = {"target": "the fox", "prompt": "a badger", "style": "anime", "seed": "7"}
    found = labels(form(Verb("replace", 17, model.name), REPLACE, model, typed, ENGLISH, title="x"))
    assert {name: found[name]["component"].get("value") for name in ("target", "prompt", "seed")} == {
        "target": "the fox",
        "prompt": "a badger",
        "seed": "7",
    }
    assert [one["value"] for one in found["style"]["component"]["options"] if one.get("default")] == ["anime"]


def test_texts_become_parameters() -> None:
    params = typed_params(
        PAINT_OVER, {"fields": "1-3", "seed": " 7 ", "negative_prompt": "", "style": "anime"}
    )
    assert params == {"fields": [1, 3], "seed": 7, "style": "anime"}
    assert typed_params(TRANSFER, {"strength": "0,5", "unknown": "x"}) == {"strength": 0.5}
    for text in ("x", "1.5", "9" * 5000):
        with pytest.raises(InvalidRequest, match=r"“Seed” is a number from 0 to 4294967294\."):
            typed_params(ERASE, {"seed": text})
    kinds = {param.kind for operation in CHANGES for param in operation.params}
    assert kinds == set(Kind)


@WORDS
def test_to_vary_is_asked_how_much_with_the_price_of_the_pictures_own_model(say: Words) -> None:
    models = VARY.models.values()
    for source, own, cost in (
        (shown(model="ultra"), "ultra", "8"),
        (shown(model="core"), "sd3.5-medium", "3.5"),
        (upload(), "sd3.5-medium", "3.5"),
    ):
        payload = vary_menu(source, models, say).to_components()  # type: ignore[no-untyped-call]  # discord.py's
        within(payload)
        subtle, strong = payload[1]["components"]
        assert subtle["custom_id"] == f"verb:vary:{own}:{source.id}:strength=0.35"
        assert strong["custom_id"] == f"verb:vary:{own}:{source.id}:strength=0.7"
        assert f"({cost.replace('.', ',') if say is GERMAN else cost} " in subtle["label"]
        values = [option["value"] for option in payload[2]["components"][0]["options"]]
        assert len(values) == 2 * (len(VARY.models) - 1)


@WORDS
def test_extending_offers_directions_with_their_results_as_far_as_these_are_not_too_large(say: Words) -> None:
    outpaint = EXTEND.models["outpaint"]
    payload = extend_menu(shown(1000, 800), outpaint, say).to_components()  # type: ignore[no-untyped-call]  # discord.py's
    within(payload)
    found = {one["value"]: one["description"] for one in payload[1]["components"][0]["options"]}
    assert len(found) == 10
    assert found["verb:extend::17:left=250&right=250&up=200&down=200"] == "1500 × 1200"
    assert found["verb:extend::17:left=500"] == "1500 × 800"
    assert found["verb:extend::17:down=800"] == "1000 × 1600"
    large = extend_menu(shown(3000, 2500), outpaint, say).to_components()  # type: ignore[no-untyped-call]  # discord.py's
    (row,) = large[1:]
    assert row["components"][0]["custom_id"] == "fill:extend:outpaint:17:"


@WORDS
@pytest.mark.parametrize("operation", [ERASE, PAINT_OVER])
def test_fields_are_ordered_once_some_are_chosen(operation: Operation, say: Words) -> None:
    (model,) = operation.models.values()
    for given, ids in (
        ({}, [f"fill:{operation.name}:{model.name}:17:"]),
        (
            {"fields": "1-9"},
            [f"verb:{operation.name}:{model.name}:17:fields=1-9", f"fill:{operation.name}:{model.name}:17:"],
        ),
    ):
        verb = Verb(operation.name, 17, model.name, given)
        content = fields_content(verb, operation, model, shown(), b"x", say)
        payload = content.view.to_components()  # type: ignore[no-untyped-call]  # discord.py's
        within(payload)
        select, buttons = payload[-2]["components"][0], payload[-1]["components"]
        assert [one["custom_id"] for one in buttons] == ids
        assert select["custom_id"] == f"fields:{operation.name}:{model.name}:17:"
        assert (select["min_values"], select["max_values"], len(select["options"])) == (1, 9, 9)
        chosen = [one["value"] for one in select["options"] if one.get("default")]
        assert chosen == (["1", "9"] if given else [])
        assert content.without_picture is not None
        assert content.without_picture(Unseen.REFUSED).files == ()
    assert "https://cdn.example" in words(fields_content(verb, operation, model, upload(), b"x", say))


@WORDS
def test_what_is_dear_is_asked_about_with_its_price(say: Words) -> None:
    model = UPSCALE.models["upscale-creative"]
    verb = Verb(UPSCALE.name, 17, model.name)
    question, button = dear_question(verb, UPSCALE, model, "what is left", say)
    payload: Any = button.to_component_dict()
    within(payload)
    assert "60 " in question
    assert question.endswith("\nwhat is left")
    assert "60 " in payload["label"]
    assert payload["custom_id"] == "sure:upscale:upscale-creative:17:"


@WORDS
def test_the_panel_has_everything_and_tells_of_the_parents(say: Words) -> None:
    parent = replace(picture(2, of=order(id=5, prompt="a red fox *here*")), width=640, height=480)
    of = replace(order(operation=EXTEND.name, inputs=(parent.id, -3), model="outpaint"), params={"left": 100})
    child = picture(of=of, width=1024, height=768)
    text = words(picture_panel(child, b"x", None, [parent, None], "core", anything, say))
    assert "a red fox \\\\*here\\\\*" in text
    assert f"picture:open:{parent.id}" in text
    assert say("to the left") in text
    for action in ("favourite", "settings", "delete"):
        assert f"picture:{action}:17" in text
    assert "picture:link" not in text
    assert "'custom_id': 'verbs'" in text
    if say is ENGLISH:
        assert "that was handed in" in text


def test_an_expired_picture_offers_no_verbs_and_says_why() -> None:
    text = words(picture_panel(replace(shown(), expired_at=NOW), b"x", None, [], "core", anything, ENGLISH))
    assert "'custom_id': 'verbs'" not in text
    assert "has expired" in text
    assert "order:again" in text


def test_the_panel_of_an_upload_shows_it_and_its_verbs_alone() -> None:
    text = words(upload_panel(upload(), "core", anything, ENGLISH))
    assert "https://cdn.example/fox.png" in text
    assert "verb:cut-out:remove-background:-7:" in text
    for absent in ("favourite", "delete", "link", "settings"):
        assert absent not in text
    assert "cdn.example" not in words(upload_panel(upload(url=None), "core", anything, ENGLISH))


def test_the_settings_are_there_to_copy_within_a_message() -> None:
    of = shown(prompt="a ```fox``` " + "x" * 1900, negative_prompt="fog " * 490, seed=5, style="anime")
    text = settings_text(replace(of, seed=7), ENGLISH)
    assert len(text) <= 4000
    assert text.count("```") == 2
    short = settings_text(replace(shown(), seed=7), ENGLISH)
    assert "prompt:a red fox in the snow width:640 height:480 seed:7" in short
    assert "seed:7" in short


def test_a_submission_is_read_with_choices_and_files() -> None:
    submission = {
        "components": [
            {"type": 18, "component": {"type": 4, "custom_id": "prompt", "value": "a fox"}},
            {"type": 18, "component": {"type": 3, "custom_id": "style", "values": ["anime"]}},
            {"type": 18, "component": {"type": 19, "custom_id": "mask", "values": ["123"]}},
            {"type": 18, "component": {"type": 3, "custom_id": "light", "values": []}},
        ]
    }
    assert filled_in(submission) == {"prompt": "a fox", "style": "anime", "mask": "123"}
