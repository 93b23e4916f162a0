"""Interactions: a member asks, the bot has 3 seconds for its first answer and 15 minutes for all others."""

import asyncio
import logging
import secrets
from enum import IntEnum
from typing import Any

from sandbox.discord import errors
from sandbox.discord.events import Events
from sandbox.discord.gateway import Gateway
from sandbox.discord.messages import Messages, Origin
from sandbox.discord.payloads import interaction_payload
from sandbox.discord.render import Render
from sandbox.discord.rules.attachments import Upload
from sandbox.discord.rules.modals import read_modal
from sandbox.discord.rules.options import path_of
from sandbox.discord.state import Channel, Interaction, Message, MessageFlag, World
from sandbox.discord.store import Store
from sandbox.discord.wire import Json

log = logging.getLogger(__name__)

FIRST_ANSWER_SECONDS = 3.0
TOKEN_SECONDS = 15 * 60.0
CHOICES_MAX = 25

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5


class Answer(IntEnum):
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


# Which first answers each kind of interaction takes.
_POSSIBLE = {
    COMMAND: {Answer.MESSAGE, Answer.DEFERRED_MESSAGE, Answer.MODAL},
    COMPONENT: {
        Answer.MESSAGE, Answer.DEFERRED_MESSAGE, Answer.DEFERRED_UPDATE, Answer.UPDATE, Answer.MODAL,
    },
    AUTOCOMPLETE: {Answer.CHOICES},
    MODAL_SUBMIT: {Answer.MESSAGE, Answer.DEFERRED_MESSAGE, Answer.DEFERRED_UPDATE, Answer.UPDATE},
}  # fmt: skip


class Interactions:
    def __init__(
        self,
        world: World,
        store: Store,
        render: Render,
        events: Events,
        gateway: Gateway,
        messages: Messages,
    ) -> None:
        self._world = world
        self._store = store
        self._render = render
        self._events = events
        self._gateway = gateway
        self._messages = messages
        self._choices: dict[str, asyncio.Future[list[Json]]] = {}

    def begin(
        self,
        kind: int,
        user_id: str,
        channel: Channel,
        data: Json,
        *,
        locale: str,
        nonce: str | None = None,
        message: Message | None = None,
        opener: Interaction | None = None,
    ) -> Interaction:
        """Tells the bot. What comes of it is told to the member as events. `opener` opened the modal."""
        interaction = Interaction(
            id=self._world.snowflakes.next(),
            token=secrets.token_urlsafe(48),
            type=kind,
            user_id=user_id,
            channel_id=channel.id,
            data=data,
            dispatched_at=self._world.clock(),
            locale=locale,
            nonce=nonce,
            message_id=message.id if message else None,
        )
        interaction.metadata = self._metadata(interaction, message, opener)
        self._world.put_interaction(interaction)
        self._store.changed()
        self._tell(interaction, "INTERACTION_CREATE")
        if not self._gateway.has_session:
            self._fail(interaction, "the bot is offline")
            return interaction
        if channel.guild_id is not None and self._world.bot_guild(channel.guild_id) is None:
            self._fail(interaction, "the bot is not in this server")
            return interaction
        self.send(interaction)
        asyncio.get_running_loop().call_later(FIRST_ANSWER_SECONDS, self._time_out, interaction)
        return interaction

    def send(self, interaction: Interaction) -> None:
        """Sends the event; a second time it is a replay."""
        channel = self._world.channels[interaction.channel_id]
        message = self._source(interaction)
        payload = interaction_payload(self._world, self._render, interaction, channel, message)
        self._events.interaction(payload, channel)

    async def choices(self, interaction: Interaction) -> list[Json] | None:
        """What the bot proposes, or None if it did not in time."""
        if interaction.failed:
            return None
        future = self._choices.setdefault(interaction.id, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(FIRST_ANSWER_SECONDS):
                return await future
        except TimeoutError:
            return None
        finally:
            self._choices.pop(interaction.id, None)

    def find(self, interaction_id: str, token: str) -> Interaction:
        """For a first answer. Raises 10062 for what never was or is over."""
        interaction = self._world.interactions.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise errors.unknown_interaction()
        return interaction

    def by_token(self, application_id: str, token: str) -> Interaction:
        """For everything after the first answer."""
        interaction = self._world.interaction_by_token(token)
        if interaction is None or application_id != self._world.application_id:
            raise errors.unknown_webhook()
        age_seconds = self._world.clock() - interaction.dispatched_at
        if interaction.expired or age_seconds > TOKEN_SECONDS:
            raise errors.invalid_webhook_token()
        if interaction.response_type is None:
            # Nothing was answered yet, so there is nothing to follow up on.
            raise errors.unknown_webhook()
        return interaction

    def expire_all(self) -> None:
        for interaction in self._world.interactions.values():
            interaction.expired = True
        self._store.changed()

    def answer(self, interaction: Interaction, body: Any, uploads: dict[int, Upload]) -> Message | None:
        """The first answer; returns the message it made or changed."""
        if interaction.response_type is not None:
            raise errors.already_acknowledged()
        late = self._world.clock() - interaction.dispatched_at > FIRST_ANSWER_SECONDS
        if late or interaction.failed or interaction.expired:
            raise errors.unknown_interaction()
        kind, data = self._read_answer(interaction, body)
        try:
            message = self._act(interaction, kind, data, uploads)
        except errors.DiscordError as error:
            if error.errors is not None:
                # Named from the top of the body, where the message stands in `data`.
                error.errors = {"data": error.errors}
            raise
        interaction.response_type = kind
        if message is not None:
            interaction.original_id = message.id
        self._store.changed()
        if kind is Answer.MODAL:
            modal = interaction.modal or {}
            self._tell(interaction, "INTERACTION_MODAL_CREATE", channel_id=interaction.channel_id, **modal)
        elif kind is not Answer.CHOICES:
            self._tell(interaction, "INTERACTION_SUCCESS")
        return message

    def original(self, interaction: Interaction) -> Message:
        if interaction.original_id is None:
            raise errors.unknown_message()
        return self._messages.find(interaction.channel_id, interaction.original_id)

    def followed_up(self, interaction: Interaction, message_id: str) -> Message:
        """A message that this interaction's token may touch."""
        message = self._messages.find(interaction.channel_id, message_id)
        if message.interaction_id != interaction.id and message.id != interaction.original_id:
            raise errors.unknown_message()
        return message

    def follow_up(self, interaction: Interaction, body: Json, uploads: dict[int, Upload]) -> Message:
        original = self._world.message(interaction.channel_id, interaction.original_id or "")
        if original is not None and original.has_flag(MessageFlag.LOADING):
            # The first one takes the place of "is thinking".
            return self._messages.edit(original, _without_ephemeral(body), uploads)
        return self._message(interaction, body, uploads)

    def _act(
        self, interaction: Interaction, kind: Answer, data: Json, uploads: dict[int, Upload]
    ) -> Message | None:
        match kind:
            case Answer.MESSAGE:
                return self._message(interaction, data, uploads)
            case Answer.DEFERRED_MESSAGE:
                channel = self._messages.channel(interaction.channel_id)
                return self._messages.create_loading(channel, Origin(interaction, _is_ephemeral(data)))
            case Answer.DEFERRED_UPDATE:
                return self._required_source(interaction)
            case Answer.UPDATE:
                return self._messages.edit(self._required_source(interaction), data, uploads)
            case Answer.MODAL:
                interaction.modal = read_modal(data)
            case Answer.CHOICES:
                self._propose(interaction, data)
        return None

    def _read_answer(self, interaction: Interaction, body: Any) -> tuple[Answer, Json]:
        kind = body.get("type") if isinstance(body, dict) else None
        if not isinstance(kind, int) or kind not in _POSSIBLE[interaction.type]:
            possible = ", ".join(str(int(one)) for one in sorted(_POSSIBLE[interaction.type]))
            raise errors.invalid_form(
                {
                    "type": {
                        "_errors": [{"code": "BASE_TYPE_CHOICES", "message": f"Must be one of ({possible})"}]
                    }
                }
            )
        data = body.get("data")
        if data is not None and not isinstance(data, dict):
            raise errors.not_an_object("data")
        return Answer(kind), data or {}

    def _message(self, interaction: Interaction, body: Json, uploads: dict[int, Upload]) -> Message:
        channel = self._messages.channel(interaction.channel_id)
        origin = Origin(interaction, _is_ephemeral(body))
        return self._messages.create(channel, self._world.bot_id, body, uploads, origin)

    def _propose(self, interaction: Interaction, data: Json) -> None:
        choices = data.get("choices")
        if not isinstance(choices, list) or len(choices) > CHOICES_MAX or not all(map(_is_choice, choices)):
            raise errors.invalid_field("At most 25, with names and values of 1 to 100", "choices")
        future = self._choices.get(interaction.id)
        if future is not None and not future.done():
            future.set_result(choices)

    def _source(self, interaction: Interaction) -> Message | None:
        return self._world.message(interaction.channel_id, interaction.message_id or "")

    def _required_source(self, interaction: Interaction) -> Message:
        message = self._source(interaction)
        if message is None:
            raise errors.unknown_message()
        return message

    def _metadata(
        self, interaction: Interaction, message: Message | None, opener: Interaction | None
    ) -> Json:
        metadata: Json = {
            "id": interaction.id,
            "type": interaction.type,
            "user": self._render.user_by_id(interaction.user_id),
            "authorizing_integration_owners": {
                "0": self._world.channels[interaction.channel_id].guild_id or "0"
            },
        }
        if interaction.type == COMMAND:
            data = interaction.data
            name = " ".join([data["name"], *path_of(data.get("options", []))])
            metadata |= {"name": name, "command_type": data["type"]}
            if "target_id" in data:
                metadata["target_message_id"] = data["target_id"]
        if interaction.type == COMPONENT and message is not None:
            metadata["interacted_message_id"] = message.id
        if opener is not None:
            metadata["triggering_interaction_metadata"] = opener.metadata
        return metadata

    def _time_out(self, interaction: Interaction) -> None:
        if interaction.response_type is None:
            self._fail(interaction, "the bot did not answer within 3 seconds")

    def _fail(self, interaction: Interaction, reason: str) -> None:
        interaction.failed = True
        self._store.changed()
        self._tell(interaction, "INTERACTION_FAILURE", reason=reason)

    def _tell(self, interaction: Interaction, kind: str, **more: Any) -> None:
        if interaction.type != AUTOCOMPLETE:
            data = {"id": interaction.id, "nonce": interaction.nonce, **more}
            self._events.to_member(interaction.user_id, kind, data)


def _is_ephemeral(data: Json) -> bool:
    flags = data.get("flags")
    return isinstance(flags, int) and bool(flags & MessageFlag.EPHEMERAL)


def _is_choice(value: object) -> bool:
    match value:
        case {"name": str(name), "value": str() | int() | float() as chosen}:
            return 1 <= len(name) <= 100 and 1 <= len(str(chosen)) <= 100
    return False


def _without_ephemeral(body: Json) -> Json:
    """Whether only its member sees it was settled with the first answer."""
    flags = body.get("flags")
    if not isinstance(flags, int):
        return body
    return {**body, "flags": flags & ~MessageFlag.EPHEMERAL}
