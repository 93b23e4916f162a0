"""Whatever the gateway brings to the real client: a clear answer or a line in the log, and it goes on."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.controls.buttons import Action
from bot.controls.edit_modal import CUSTOM_ID
from bot.controls.page_controls import Move
from bot.controls.verbs import FORM_ID, Step
from core.operations import MODELS, OPERATIONS, PAINTERS, PROMPT_LENGTH_MAX, SIDE_MAX, SIDE_MIN
from core.settings import DatabaseSettings
from db.bucket.client import Bucket
from db.pool import Pool
from db.replies import Replies
from sandbox.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Answer
from sandbox.discord.state import MessageFlag
from tests.connected import BOUND_SECONDS, EMOJI, Connected, caught, connected
from tests.contract import DiscordContract
from tests.fuzz.examples import fuzz, json_values, texts
from tests.places import end_waiting

PICTURE_ID = 17
BROKE = "Something in Tigerbrush broke"


class Talk:
    """One event after the other, each with what Discord and the member are told because of it."""

    def __init__(self, bot: Connected, caplog: pytest.LogCaptureFixture) -> None:
        self.bot = bot
        self.pool = bot.pool
        self._caplog = caplog
        self.answer: int | None = None
        self.said: list[Any] = []
        self.logged = ""

    async def interact(self, kind: int, data: dict[str, Any], **where: Any) -> None:
        async def act() -> None:
            interaction = await self.bot.interact(kind, data, **where)
            self.answer = interaction.response_type
            if self.answer is not None:
                assert self.bot.is_answered(interaction)

        await self._follow(act)

    async def react(self, message_id: int, emoji: dict[str, Any]) -> None:
        await self._follow(lambda: self.bot.react(message_id, emoji))

    async def _follow(self, act: Callable[[], Awaitable[None]]) -> None:
        self._caplog.clear()
        before = len(self.bot.exchanges)
        await act()
        calls = self.bot.exchanges[before:]
        assert caught(self._caplog) == []
        # Nothing was said twice, too late or against a rule.
        assert [call for call in calls if call.status >= 400] == []
        self.said = [call.request for call in calls if call.method != "GET"]
        lines = [record.getMessage() for record in self._caplog.records if record.name.startswith("bot")]
        assert [line for line in lines if line.splitlines() != [line] or not line.isprintable()] == []
        self.logged = "\n".join(lines)

    @property
    def broke(self) -> bool:
        return BROKE in str(self.said)

    @property
    def is_to_the_member_alone(self) -> bool:
        return all(said["data"]["flags"] & MessageFlag.EPHEMERAL for said in self.said if "data" in said)

    async def check_orders(self) -> None:
        """Whatever was stored can be painted; and the next example finds room for one more."""
        waiting = await self.pool.fetch("select order_id from jobs where state = 'queued'")
        for reply in await Replies(self.pool).load([row["order_id"] for row in waiting]):
            order = reply.order
            assert order.model in PAINTERS or order.inputs
            assert 0 < len(order.prompt) <= PROMPT_LENGTH_MAX
            if order.size is not None:
                width, height = order.size
                assert SIDE_MIN <= min(width, height) <= max(width, height) <= SIDE_MAX
                assert width * height <= MODELS[order.model].pixels_max
        await end_waiting(self.pool)


@pytest.fixture
async def talk(
    database_url: str,
    pool: Pool,
    bucket: Bucket,
    contract: DiscordContract | None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Talk]:
    # How fast an answer comes is not asked here, of a machine that may be busy with other tests.
    monkeypatch.setattr("sandbox.discord.interactions.FIRST_ANSWER_SECONDS", BOUND_SECONDS)
    caplog.set_level(logging.INFO, "bot")
    settings = DatabaseSettings.model_validate({"database_url": database_url})
    async with connected(settings, pool, bucket) as bot:
        yield Talk(bot, caplog)
    if contract is not None:
        assert [problem for exchange in bot.exchanges for problem in contract.check(exchange)] == []


def option(name: str, value: object) -> dict[str, Any]:
    kind = 5 if isinstance(value, bool) else 4 if isinstance(value, int) else 3
    return {"name": name, "type": kind, "value": value}


numbers = st.integers(-1, 2000) | st.integers() | st.sampled_from([2**31, 2**63, 2**64, 10**40])
bounded = st.fixed_dictionaries(
    {"prompt": texts},
    optional={
        "width": numbers,
        "height": numbers,
        "seed": numbers,
        "shape": st.sampled_from(["square", "tall", "round", ""]) | texts,
        "model": st.sampled_from([*PAINTERS, "upscale-fast", "dall-e"]) | texts,
        "style": st.sampled_from(["anime", "no-style"]) | texts,
        "negative_prompt": texts,
        "private": st.booleans(),
        "spoiler": st.booleans(),
    },
)


@fuzz(80)
@given(options=bounded, direct=st.booleans())
@example({"prompt": "fox", "width": -5}, False)
@example({"prompt": "fox", "seed": 2**64}, False)
@example({"prompt": "fox", "seed": -1}, False)
@example({"prompt": "fox", "model": "upscale-fast"}, False)
@example({"prompt": "fox", "shape": "round"}, True)
@example({"prompt": "fox", "style": "\x1f"}, True)
@example({"prompt": "x" * 2001}, True)
async def test_a_picture_is_ordered_or_refused_in_words(
    talk: Talk, options: dict[str, Any], direct: bool
) -> None:
    data = {"id": "5", "name": "imagine", "type": 1, "options": [option(*pair) for pair in options.items()]}
    await talk.interact(COMMAND, data, direct=direct)
    assert talk.answer is Answer.MESSAGE
    assert not talk.broke
    stored = await talk.pool.fetchval("select count(*) from jobs where state = 'queued' and order_id > 3")
    assert stored == 1 or talk.is_to_the_member_alone
    await talk.check_orders()


commands = st.sampled_from(["imagine", "gallery", "queue", "forget-me", "imagin", "IMAGINE", ""]) | texts
names = st.sampled_from(["prompt", "width", "search", "member", "favourites", "page_size", "nobody"]) | texts

Option: TypeAlias = tuple[str, int, Any]


@fuzz(100)
@given(
    name=commands,
    options=st.lists(
        st.tuples(names, st.sampled_from([3, 4, 5, 10]), json_values)
        # Who or what is named by its id is looked up by discord.py, before anything of ours runs.
        | st.tuples(names, st.integers(6, 9), st.integers(0, 2**64).map(str)),
        max_size=4,
    ),
    direct=st.booleans(),
)
@example("gallery", [("page_size", 4, 0)], False)
@example("gallery", [("page_size", 4, 10)], False)
@example("gallery", [("search", 3, "x" * 6000)], False)
@example("gallery", [("page", 1, None)], False)
async def test_any_command_with_any_options_is_answered(
    talk: Talk, name: str, options: list[Option], direct: bool
) -> None:
    given_ = [{"name": name, "type": kind, "value": value} for name, kind, value in options]
    data = {"id": "5", "name": name, "type": 1, "options": given_}
    await talk.interact(COMMAND, data, direct=direct)
    assert talk.answer is not None
    await talk.check_orders()


@fuzz(30)
@given(typed=texts)
async def test_any_text_being_typed_is_answered_with_suggestions(talk: Talk, typed: str) -> None:
    focused = {"name": "search", "type": 3, "value": typed, "focused": True}
    await talk.interact(AUTOCOMPLETE, {"id": "6", "name": "gallery", "type": 1, "options": [focused]})
    assert talk.answer is Answer.CHOICES


numerals = st.sampled_from(
    ["1", "2", "3", "17", "33", "0", "01", "9" * 18, "9" * 19, "9" * 20, "1" + "0" * 30, "-1", "٣", ""]
)


def verbs(steps: list[Step]) -> st.SearchStrategy[str]:
    return st.builds(
        "{}:{}:{}:{}:{}".format,
        st.sampled_from(steps),
        st.sampled_from([*OPERATIONS, "", "nothing"]),
        st.sampled_from([*MODELS, "", "dall-e"]),
        numerals,
        st.sampled_from(
            ["", "fields=1.5", "left=64", "left=x", "strength=9", "private=1", "nothing=1", "%00"]
        ),
    )


presses = st.one_of(
    verbs([step for step in Step if step not in (Step.FIELDS, Step.FORM)]),
    st.builds(
        "{}:{}:{}".format,
        st.sampled_from(["order", "picture", "job"]),
        st.sampled_from([*Action, "agai"]),
        numerals,
    ),
    st.builds(
        "gallery:{}:{}:{}:{}:{}:{}".format,
        st.sampled_from([*Move, "x"]),
        numerals,
        numerals,
        st.integers(0, 10),
        st.integers(0, 2),
        texts.map(lambda text: text[:40]),
    ),
    texts.map(lambda text: text[:100]),
)


@fuzz(100)
@given(custom_id=presses, direct=st.booleans())
@example("order:again:9999999999999999999", False)
@example("gallery:n:9999999999999999999:0:6:0:", False)
@example("gallery:s:1:99999999999999999999:6:0:", False)
@example("gallery:s:1:9999999999999999999:6:0:", False)
@example("", False)
async def test_any_press_is_answered_or_is_not_ours(talk: Talk, custom_id: str, direct: bool) -> None:
    button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 2}
    row = [{"type": 1, "id": 1, "components": [button]}]
    data = {"custom_id": custom_id, "component_type": 2}
    await talk.interact(COMPONENT, data, direct=direct, components=row)
    assert (talk.answer is not None) != ("a press of an unknown control" in talk.logged)
    assert not talk.broke
    await talk.check_orders()
    # Some presses end or erase what the next example is about.
    await talk.pool.execute("update orders set erased_at = null, prompt = 'fox' where id < 3")
    await talk.pool.execute("update pictures set erased_at = null where order_id < 3")


@fuzz(30)
@given(values=st.lists(numerals | texts, max_size=3))
@example([])
@example(["x"])
@example(["17"])
@example(["9" * 19])
async def test_any_choice_in_the_menu_is_answered(talk: Talk, values: list[str]) -> None:
    menu = {"type": 3, "custom_id": "gallery:open", "id": 2, "options": [{"label": "x", "value": "1"}]}
    row = [{"type": 1, "id": 1, "components": [menu]}]
    data = {"custom_id": "gallery:open", "component_type": 3, "values": values}
    await talk.interact(COMPONENT, data, components=row)
    assert talk.answer is not None
    assert not talk.broke


fields = st.dictionaries(
    st.sampled_from(["prompt", "size", "negative_prompt", "else"]), texts | st.just("512 x 512") | json_values
)


@fuzz(60)
@given(
    custom_id=st.builds("edit:{}".format, numerals) | st.just("edit:1") | verbs([Step.FORM]) | texts,
    components=json_values.map(lambda value: value if isinstance(value, list) else [value])
    | fields.map(
        lambda typed: [
            {"type": 18, "component": {"type": 4, "custom_id": name, "value": value}}
            for name, value in typed.items()
        ]
    ),
)
@example("edit:9999999999999999999", [])
@example("edit:1\n\ud800", [])
@example("edit:1", [{"custom_id": "prompt", "value": "fox"}, {"custom_id": "size", "value": "٣٠٠ × ٣٠٠"}])
async def test_any_modal_is_answered_or_is_not_ours(
    talk: Talk, custom_id: str, components: list[Any]
) -> None:
    await talk.interact(MODAL_SUBMIT, {"custom_id": custom_id, "components": components})
    is_ours = any(form.fullmatch(custom_id) for form in (CUSTOM_ID, FORM_ID))
    assert (talk.answer is not None) == is_ours
    assert (talk.answer is not None) != ("an unknown modal was submitted" in talk.logged)
    assert not talk.broke
    await talk.check_orders()


@fuzz(40)
@given(
    message_id=st.integers(0, 3) | st.integers(0, 2**63 - 1),
    name=st.none() | st.sampled_from([EMOJI, EMOJI + "\ufe0f", "🦊"]) | texts,
    emoji_id=st.none() | st.integers(0, 2**64).map(str),
)
@example(1, EMOJI, None)
@example(2, EMOJI, None)
@example(1, None, "7")
async def test_any_reaction_brings_a_picture_or_nothing(
    talk: Talk, message_id: int, name: str | None, emoji_id: str | None
) -> None:
    await talk.react(message_id, {"id": emoji_id, "name": name})
    asked = message_id == 1 and (name or "").replace("\ufe0f", "") == EMOJI
    assert asked or not talk.said
    # The other picture is somebody's private one.
    sent = [row["picture_id"] for row in await talk.pool.fetch("select picture_id from downloads")]
    assert sent == [PICTURE_ID] if asked else set(sent) <= {PICTURE_ID}
