"""What a bot does with an interaction's token: the first answer, its changes, and what follows."""

from aiohttp import web

from sandbox.discord.interactions import Answer, Interactions
from sandbox.discord.messages import Messages
from sandbox.discord.render import Render
from sandbox.discord.rest.wire import answer, body_of, object_of
from sandbox.discord.state import Interaction, Message, MessageFlag, World
from sandbox.discord.wire import Json


class Webhooks:
    def __init__(self, world: World, render: Render, messages: Messages, interactions: Interactions) -> None:
        self._world = world
        self._render = render
        self._messages = messages
        self._interactions = interactions

    def routes(self) -> list[web.RouteDef]:
        webhook = "/webhooks/{application}/{token}"
        return [
            web.post("/interactions/{interaction}/{token}/callback", self.first_answer),
            web.post(webhook, self.follow_up),
            web.get(webhook + "/messages/{message}", self.one),
            web.patch(webhook + "/messages/{message}", self.edit),
            web.delete(webhook + "/messages/{message}", self.delete),
        ]

    async def first_answer(self, request: web.Request) -> web.Response:
        interaction = self._interactions.find(request.match_info["interaction"], request.match_info["token"])
        body, uploads = await body_of(request, self._world.snowflakes.next)
        message = self._interactions.answer(interaction, body, uploads)
        if request.query.get("with_response", "false").lower() not in ("1", "true"):
            return web.Response(status=204)
        return answer(self._callback(interaction, message))

    async def follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        body, uploads = await object_of(request, self._world.snowflakes.next)
        message = self._interactions.follow_up(interaction, body, uploads)
        return answer(self._render.message(message, self._world.bot_id))

    async def one(self, request: web.Request) -> web.Response:
        return answer(self._render.message(self._message(request), self._world.bot_id))

    async def edit(self, request: web.Request) -> web.Response:
        message = self._message(request)
        body, uploads = await object_of(request, self._world.snowflakes.next)
        edited = self._messages.edit(message, body, uploads)
        return answer(self._render.message(edited, self._world.bot_id))

    async def delete(self, request: web.Request) -> web.Response:
        self._messages.delete(self._message(request))
        return web.Response(status=204)

    def _interaction(self, request: web.Request) -> Interaction:
        return self._interactions.by_token(request.match_info["application"], request.match_info["token"])

    def _message(self, request: web.Request) -> Message:
        interaction = self._interaction(request)
        message_id = request.match_info["message"]
        if message_id == "@original":
            return self._interactions.original(interaction)
        return self._interactions.followed_up(interaction, message_id)

    def _callback(self, interaction: Interaction, message: Message | None) -> Json:
        told: Json = {"id": interaction.id, "type": interaction.type}
        kind = interaction.response_type
        if message is None:
            return {"interaction": told}
        told |= {
            "response_message_id": message.id,
            "response_message_loading": message.has_flag(MessageFlag.LOADING),
            "response_message_ephemeral": message.is_ephemeral,
            "channel_id": interaction.channel_id,
        }
        if kind not in (Answer.MESSAGE, Answer.UPDATE):
            return {"interaction": told}
        resource = {"type": kind, "message": self._render.message(message, self._world.bot_id)}
        return {"interaction": told, "resource": resource}
