"""A server as one of its members changes it: the bot, roles, channels, and who is in it."""

from typing import Any

from tests.member import Member, ids_in

USER, ROLE, CHANNEL = 5, 6, 8


class Server:
    """Everything is named as members name it. What `by` may not do fails with Discord's answer."""

    def __init__(self, by: Member, name: str = "The Annex") -> None:
        self._by = by
        self.name = name

    async def id(self) -> str:
        guild = next(one for one in (await self._by.world())["guilds"] if one["name"] == self.name)
        return str(guild["id"])

    async def has_bot(self) -> bool:
        guild = next(one for one in (await self._by.world())["guilds"] if one["name"] == self.name)
        return bool(guild["has_bot"])

    async def invite_bot(self) -> None:
        await self._call("PUT", "/bot")

    async def remove_bot(self) -> None:
        await self._call("DELETE", "/bot")

    async def join(self) -> None:
        await self._call("PUT", "/members/@me")

    async def leave(self) -> None:
        await self._call("DELETE", "/members/@me")

    async def give(self, member: str, role: str) -> None:
        await self._call("PUT", await self._role_of(member, role))

    async def take(self, member: str, role: str) -> None:
        await self._call("DELETE", await self._role_of(member, role))

    async def create_role(self, name: str, permissions: int = 0) -> str:
        """Its id."""
        body = {"name": name, "permissions": str(permissions)}
        return str((await self._call("POST", "/roles", body, status=200))["id"])

    async def edit_role(self, name: str, **changes: Any) -> None:
        """`name`, and `permissions` as a number in a string."""
        await self._call("PATCH", f"/roles/{await self._id(ROLE, name)}", changes, status=200)

    async def delete_role(self, name: str) -> None:
        await self._call("DELETE", f"/roles/{await self._id(ROLE, name)}")

    async def create_channel(self, name: str, **more: Any) -> str:
        """Its id, by which the member also finds it."""
        channel = await self._call("POST", "/channels", {"name": name, **more}, status=200)
        self._by.channels[name] = channel["id"]
        return str(channel["id"])

    async def edit_channel(self, name: str, **changes: Any) -> None:
        """`name`, `topic`, `nsfw`, and `permission_overwrites` as Discord has them."""
        path = f"/channels/{await self._id(CHANNEL, name)}"
        await self._by.call("PATCH", path, changes, status=200)

    async def delete_channel(self, name: str) -> None:
        await self._by.call("DELETE", f"/channels/{await self._id(CHANNEL, name)}", status=200)

    async def _role_of(self, member: str, role: str) -> str:
        return f"/members/{await self._id(USER, member)}/roles/{await self._id(ROLE, role)}"

    async def _id(self, kind: int, name: str) -> str:
        return ids_in(await self._by.world(), await self.id(), kind)[name]

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, status: int = 204
    ) -> Any:
        return await self._by.call(method, f"/guilds/{await self.id()}{path}", body, status=status)
