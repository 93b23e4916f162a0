"""What members ask of the bot: commands, what stands under a message, typing, and modals that they filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.discord import errors, interactions
from sandbox.discord.interactions import Interactions
from sandbox.discord.messages import Messages
from sandbox.discord.payloads import IN_DIRECT_MESSAGES, IN_GUILD
from sandbox.discord.rest.wire import answer
from sandbox.discord.rules import selects
from sandbox.discord.rules.attachments import Upload
from sandbox.discord.rules.candidates import candidates
from sandbox.discord.rules.command_permissions import may_use
from sandbox.discord.rules.commands import CHAT_INPUT, MESSAGE, key_of
from sandbox.discord.rules.components import BUTTON
from sandbox.discord.rules.modals import fields_of, read_submission
from sandbox.discord.rules.options import flat, read_options
from sandbox.discord.rules.permissions import Permission
from sandbox.discord.rules.tree import walk
from sandbox.discord.state import Channel, Interaction, Message, World
from sandbox.discord.store import Store
from sandbox.discord.uploads import Uploads
from sandbox.discord.viewers import Viewers, json_of_member
from sandbox.discord.wire import Json

LOCALE_DEFAULT = "en-US"


@dataclass(frozen=True, slots=True)
class _Asked:
    """`body` is what the member's client sent, `files` those that it names, by the ids it gave them."""

    user_id: str
    channel: Channel
    body: Json
    files: Mapping[str, Upload]

    @property
    def data(self) -> Json:
        data: Json = self.body["data"]
        return data

    @property
    def file_ids(self) -> dict[str, str]:
        return {sent: upload.attachment.id for sent, upload in self.files.items()}


@dataclass(frozen=True, slots=True)
class _Told:
    """The data for the bot, the message that was pressed, and the interaction whose modal was submitted."""

    data: Json
    message: Message | None = None
    opener: Interaction | None = None
    file_ids: set[str] = field(default_factory=set)


class MemberInteractions:
    def __init__(
        self,
        world: World,
        store: Store,
        messages: Messages,
        interactions: Interactions,
        viewers: Viewers,
        uploads: Uploads,
    ) -> None:
        self._world = world
        self._store = store
        self._messages = messages
        self._interactions = interactions
        self._viewers = viewers
        self._uploads = uploads

    def routes(self) -> list[web.RouteDef]:
        channel = "/sandbox/members/{member}/channels/{channel}"
        return [
            web.get(channel + "/commands", self.commands),
            web.post(channel + "/interactions", self.interact),
        ]

    async def commands(self, request: web.Request) -> web.Response:
        user_id, channel = self._viewers.member(request).id, self._viewers.channel(request)
        usable = self._usable(channel).values()
        return answer([command for command in usable if may_use(self._world, command, channel, user_id)])

    async def interact(self, request: web.Request) -> web.Response:
        body = await json_of_member(request)
        user_id, channel = self._viewers.member(request).id, self._viewers.channel(request)
        kinds = {
            interactions.COMMAND: self._command,
            interactions.COMPONENT: self._component,
            interactions.AUTOCOMPLETE: self._command,
            interactions.MODAL_SUBMIT: self._modal,
        }
        kind = body.get("type")
        if not isinstance(kind, int) or kind not in kinds or not isinstance(body.get("data"), dict):
            raise errors.invalid_field("Must be 2, 3, 4 or 5, with an object as data", "type")
        entries = body["data"].get("attachments") or []
        asked = _Asked(user_id, channel, body, self._uploads.named(user_id, entries))
        told = kinds[kind](asked)
        self._keep(asked, told)
        self._uploads.used(entries)
        interaction = self._interactions.begin(
            kind,
            user_id,
            channel,
            told.data,
            locale=str(body.get("locale") or LOCALE_DEFAULT),
            nonce=body.get("nonce"),
            message=told.message,
            opener=told.opener,
        )
        if kind != interactions.AUTOCOMPLETE:
            return answer({"id": interaction.id})
        return await self._choices(interaction)

    def _keep(self, asked: _Asked, told: _Told) -> None:
        """A file that nothing names is lost, as with Discord."""
        kept = [one for one in asked.files.values() if one.attachment.id in told.file_ids]
        for upload in kept:
            self._store.put_file(upload.attachment.id, upload.content)
        crowded_out = self._world.put_ephemeral_attachments([upload.attachment for upload in kept])
        self._store.drop_files(crowded_out)

    async def _choices(self, interaction: Interaction) -> web.Response:
        choices = await self._interactions.choices(interaction)
        if choices is None:
            return answer({"code": 0, "message": "The bot proposed nothing within 3 seconds"}, 504)
        return answer({"id": interaction.id, "choices": choices})

    def _command(self, asked: _Asked) -> _Told:
        self._messages.require(asked.channel, asked.user_id, Permission.USE_APPLICATION_COMMANDS)
        kind, name = asked.data.get("type", CHAT_INPUT), str(asked.data.get("name"))
        command = self._usable(asked.channel).get((kind, name)) if isinstance(kind, int) else None
        if command is None:
            raise errors.unknown_application_command()
        if not may_use(self._world, command, asked.channel, asked.user_id):
            raise errors.missing_permissions()
        data = {"id": command["id"], "name": command["name"], "type": kind}
        if kind == MESSAGE:
            return _Told({**data, "target_id": self._target(asked).id})
        given = {"options": asked.data.get("options")}
        complete = asked.body["type"] == interactions.COMMAND
        options = read_options(command, given, complete=complete, files=asked.file_ids)
        return _Told({**data, "options": options}, file_ids={str(one["value"]) for one in flat(options)})

    def _target(self, asked: _Asked) -> Message:
        """Discord's client has no such menu at a message that its member alone sees."""
        message = self._viewers.seen(asked.user_id, asked.channel, str(asked.data.get("target_id")))
        if message.is_ephemeral:
            raise errors.unknown_message()
        return message

    def _component(self, asked: _Asked) -> _Told:
        message = self._viewers.seen(asked.user_id, asked.channel, str(asked.body.get("message_id")))
        data = asked.data
        usable = (one for one in walk(message.components) if "custom_id" in one and not one.get("disabled"))
        component = next((one for one in usable if one["custom_id"] == data.get("custom_id")), None)
        if component is None:
            raise errors.invalid_field("Is of no component that can be used on this message", "custom_id")
        told: Json = {key: component[key] for key in ("custom_id", "id")}
        told["component_type"] = component["type"]
        if component["type"] != BUTTON:
            told["values"] = _chosen(component, data.get("values", []))
            self._refuse_unknown(asked, component, told["values"])
        return _Told(told, message)

    def _modal(self, asked: _Asked) -> _Told:
        custom_id = asked.data.get("custom_id")
        opener = next(
            (
                one
                for one in reversed(self._world.interactions.values())
                if (one.user_id, one.channel_id) == (asked.user_id, asked.channel.id)
                and one.modal
                and one.modal["custom_id"] == custom_id
            ),
            None,
        )
        if opener is None or opener.modal is None:
            raise errors.invalid_field("Is of no modal that was opened for this member", "custom_id")
        sent = {key: value for key, value in asked.data.items() if key != "attachments"}
        components = read_submission(opener.modal, sent, files=asked.file_ids)
        chosen = {one["custom_id"]: one.get("values", []) for one in walk(components) if "custom_id" in one}
        for field_ in fields_of(opener.modal):
            self._refuse_unknown(asked, field_, chosen[field_["custom_id"]])
        # A modal is submitted once.
        opener.modal = None
        message = self._world.message(asked.channel.id, opener.message_id or "")
        named = {value for one in walk(components) for value in one.get("values", [])}
        return _Told({"custom_id": custom_id, "components": components}, message, opener, named)

    def _refuse_unknown(self, asked: _Asked, select: Json, values: list[str]) -> None:
        if select["type"] not in selects.ENTITIES:
            return
        if not set(values) <= candidates(self._world, select, asked.channel, asked.user_id):
            raise errors.invalid_field("Not among those that can be chosen", "values")

    def _usable(self, channel: Channel) -> dict[tuple[int, str], Json]:
        """By type and name; a command of the server stands before a global one."""
        context = IN_DIRECT_MESSAGES if channel.is_direct else IN_GUILD
        usable = [
            command
            for command in self._world.commands.values()
            if context in (command["contexts"] if command["contexts"] is not None else (0, 1, 2))
            and command.get("guild_id") in (None, channel.guild_id)
            and (channel.guild_id is None or self._world.bot_guild(channel.guild_id) is not None)
        ]
        return {key_of(one): one for one in sorted(usable, key=lambda one: "guild_id" in one)}


def _chosen(component: Json, values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise errors.invalid_field("Must be a list of strings", "values", code="LIST_TYPE_CONVERT")
    if not component["min_values"] <= len(set(values)) == len(values) <= component["max_values"]:
        raise errors.invalid_field("More or fewer than may be chosen", "values")
    if component["type"] == selects.STRING_SELECT:
        offered = [option["value"] for option in component["options"]]
        if not set(values) <= set(offered):
            raise errors.invalid_field("Not among the options", "values")
    return values
