"""Whether who writes a direct message is in a server that is let in: asked of Discord, of few servers, and known for
some minutes. In a server nobody asks."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import discord

from bot.discord_errors import UNANSWERED, in_a_line, is_final, own_pauses
from bot.owner.admission import Admission
from core.errors import InvalidRequest
from db.servers import Servers

log = logging.getLogger(__name__)

ASKED_MAX = 5
"""Of so many servers it is asked: those in which the member has asked for pictures, and all if there are no more."""

ASK_SECONDS = 0.8
"""Of the 2 that an order has to be stored."""

KNOWN_SECONDS = 300.0
"""Who has left a server is found out so soon."""

UNKNOWN_SECONDS = 30.0
"""And who has come to one."""

KNOWN_MAX = 10_000


@dataclass(frozen=True, slots=True)
class _Found:
    """The server that the member is in; None is none of those that were asked of."""

    guild_id: int | None
    until: float


class Membership:
    def __init__(self, client: discord.Client, servers: Servers, admission: Admission) -> None:
        self._client = client
        self._servers = servers
        self._admission = admission
        self._known: OrderedDict[int, _Found] = OrderedDict()
        self._looking: dict[int, asyncio.Task[_Found]] = {}

    async def is_known(self, member_id: int) -> bool:
        """Raises InvalidRequest where Discord does not say."""
        found = self._known.get(member_id)
        if found is None or found.until < time.monotonic() or not self._holds(found):
            found = await self._looked_up(member_id)
        return found.guild_id is not None or member_id in await self._admission.owners.ids()

    async def _looked_up(self, member_id: int) -> _Found:
        """Once for all that a member asks for at the same moment: Discord would not answer a hundred looks."""
        looking = self._looking.get(member_id)
        if looking is None:
            looking = self._looking[member_id] = asyncio.create_task(self._look_up(member_id))
            looking.add_done_callback(partial(self._ended, member_id))
        # As in db/batcher.py: who gives up ends it for nobody else, and the loop is told of nothing.
        await asyncio.wait([looking])
        return looking.result()

    async def _look_up(self, member_id: int) -> _Found:
        guild_id = await self._find(member_id)
        seconds = UNKNOWN_SECONDS if guild_id is None else KNOWN_SECONDS
        found = self._known[member_id] = _Found(guild_id, time.monotonic() + seconds)
        self._known.move_to_end(member_id)
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return found

    def _ended(self, member_id: int, looking: "asyncio.Task[_Found]") -> None:
        """Also where nobody waits for it any more."""
        del self._looking[member_id]
        if not looking.cancelled():
            looking.exception()

    def _holds(self, found: _Found) -> bool:
        return found.guild_id is None or self._is_open(found.guild_id)

    def _is_open(self, guild_id: int) -> bool:
        server = self._servers.of(guild_id)
        return server.is_open(datetime.now(UTC)) and server.left_at is None

    async def _find(self, member_id: int) -> int | None:
        guild_ids = await self._candidates(member_id)
        answers = await asyncio.gather(*(self._is_member(one, member_id) for one in guild_ids))
        found = next((one for one, is_member in zip(guild_ids, answers, strict=True) if is_member), None)
        if found is None and None in answers:
            raise InvalidRequest(
                "Discord does not say at the moment whether you are in a server in which this bot paints. "
                "Try again in a minute."
            )
        return found

    async def _candidates(self, member_id: int) -> list[int]:
        there = self._client.guilds
        for guild in there if len(there) <= ASKED_MAX else ():
            # A process that has just begun may not have put them down yet.
            await self._admission.meet(guild)
        open_ = [one.guild_id for one in self._servers.all() if self._is_open(one.guild_id)]
        asked = filter(self._is_open, await self._servers.of_member(member_id))
        found: Iterable[int] = dict.fromkeys([*asked, *(open_ if len(open_) <= ASKED_MAX else ())])
        return list(found)[:ASKED_MAX]

    async def _is_member(self, guild_id: int, member_id: int) -> bool | None:
        """None where Discord does not say."""
        try:
            with own_pauses():
                async with asyncio.timeout(ASK_SECONDS):
                    await self._client.http.get_member(guild_id, member_id)
        except UNANSWERED as error:
            if isinstance(error, discord.HTTPException) and is_final(error):
                return False
            log.info("whether a member is in server %d is not known: %s", guild_id, in_a_line(error))
            return None
        return True
