"""The panel of `/settings` as a member presses it, in front of the client in this process."""

import json
from typing import Any

from sandbox.discord.interactions import COMMAND, COMPONENT, MODAL_SUBMIT
from tests.member import text, walk
from tests.places import Place, command

BUTTON = 2


class SettingsPanel:
    """`by` is who presses. `shown` is what stands there now, `told` what was said beside it."""

    def __init__(self, place: Place, by: str, at: str = "paintings") -> None:
        self._place = place
        self.by = by
        self._at = at
        self.shown: dict[str, Any] = {"components": []}
        self.modal: dict[str, Any] = {}
        self.told = ""

    async def open(self) -> str:
        return await self._act(COMMAND, command("settings"))

    async def turn(self, page: str) -> str:
        return await self.press(f"settings:page:{page}")

    async def press(self, custom_id: str, *values: str | int) -> str:
        """What is shown after it, or else what was told. What is not shown may be pressed all the same."""
        pressed = next((one for one in walk(self.shown) if one.get("custom_id") == custom_id), None)
        kind = pressed["type"] if pressed is not None else BUTTON
        data: dict[str, Any] = {"custom_id": custom_id, "component_type": kind}
        if kind != BUTTON:
            data["values"] = [str(value) for value in values]
        forged = {"type": BUTTON, "id": 2, "style": 2, "label": "x", "custom_id": custom_id}
        row = self.shown["components"] if pressed else [{"type": 1, "id": 1, "components": [forged]}]
        return await self._act(COMPONENT, data, row)

    async def fill(self, custom_id: str, **fields: str | list[str]) -> str:
        """As `press`, of a form."""
        labels = [
            {
                "type": 18,
                "component": {
                    "custom_id": name,
                    **(
                        {"type": 4, "value": value}
                        if isinstance(value, str)
                        else {"type": 3, "values": value}
                    ),
                },
            }
            for name, value in fields.items()
        ]
        row = self.shown["components"] or [{"type": 10, "content": "x"}]
        return await self._act(MODAL_SUBMIT, {"custom_id": custom_id, "components": labels}, row)

    async def _act(self, kind: int, data: dict[str, Any], components: Any = None) -> str:
        bot, self.told, self.modal = self._place.bot, "", {}
        before = len(bot.exchanges)
        channel = self._place.channel(self._at)
        await bot.interact(kind, data, channel=channel, member_id=self.by, components=components)
        (call,) = [one for one in bot.exchanges[before:] if one.path.endswith("/callback")]
        assert call.status < 300, call
        assert isinstance(call.request, dict)
        answer = call.request
        match answer["type"]:
            case 9:
                self.modal = answer["data"]
                return json.dumps(self.modal, ensure_ascii=False)
            case 4 if kind != COMMAND or len(walk(answer["data"])) == 1:
                self.told = text(answer["data"])
                return self.told
            case _:
                self.shown = answer["data"]
                return text(self.shown)
