"""The panel of a picture: all that is known of it, and all that can be done with it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from discord import ui

from bot.controls.buttons import Action, PictureButton
from bot.messages.changes import what_was_done
from bot.messages.content import Content, LinkAs, Unseen, view_of
from bot.messages.picture import GREEN, WHY_UNSEEN, Link, again, facts, full_size, shown, whole_quote
from bot.messages.prompts import escape
from bot.messages.verbs import verb_select
from bot.messages.words import Words
from core.offers import MayUse
from core.operations import MODELS, OPERATIONS
from core.orders import BESIDE, Order, Picture, Upload

_PARENT_LENGTH_MAX = 80
_SETTINGS_LENGTH_MAX = 3800  # of a message's 4,000 characters


def picture_panel(
    picture: Picture,
    preview: bytes | Unseen,
    link: Link | None,
    parents: Sequence[Picture | None],
    default_model: str,
    may_use: MayUse,
    say: Words,
    *,
    may_report: bool = False,
) -> Content:
    """`parents` are what it is made from; None is what was handed in, or cannot be seen."""
    return _Panel(picture, preview, link, parents, default_model, may_use, say, may_report).content()


@dataclass(frozen=True, slots=True)
class _Panel:
    picture: Picture
    preview: bytes | Unseen
    link: Link | None
    parents: Sequence[Picture | None]
    default_model: str
    may_use: MayUse
    say: Words
    may_report: bool
    link_as: LinkAs = LinkAs.BUTTON

    def content(self) -> Content:
        picture, order, say = self.picture, self.picture.order, self.say
        media, files = shown(
            {"preview.webp": (picture, self.preview)} if isinstance(self.preview, bytes) else {}, say
        )
        text, links = full_size(picture, self.link, say, link_as=self.link_as, is_seen=bool(files))
        if isinstance(self.preview, Unseen):
            text = f"{say(WHY_UNSEEN[self.preview])}\n{text}"
        container = ui.Container[Any](*media, accent_colour=GREEN)
        lines = [whole_quote(order, text), facts(order, say, picture), text]
        container.add_item(ui.TextDisplay("\n".join(filter(None, lines))))
        for line in self._parents():
            container.add_item(line)
        for row in self._rows(links):
            if row:
                container.add_item(ui.ActionRow(*row))
        has_link = self.link is not None and self.link_as is not LinkAs.NOTHING
        return Content(
            view_of(container),
            files,
            (lambda why: replace(self, preview=why).content()) if files else None,
            replace(self, link_as=LinkAs.TEXT).content if links else None,
            replace(self, link_as=LinkAs.NOTHING).content if has_link else None,
        )

    def _parents(self) -> list[ui.Item[Any]]:
        say, done = self.say, what_was_done(self.picture.order, self.say) or ""
        found: list[ui.Item[Any]] = []
        for parent in self.parents:
            if parent is None:
                text = say("From a picture that was handed in, or is not here any more; {done}", done=done)
                found.append(ui.TextDisplay(f"-# {text}"))
            else:
                prompt = escape(parent.order.prompt, _PARENT_LENGTH_MAX)
                text = say("From “{prompt}”, {done}", prompt=prompt, done=done)
                found.append(ui.Section(f"-# {text}", accessory=PictureButton(Action.OPEN, parent.id, say)))
        return found

    def _rows(self, links: list[ui.Item[Any]]) -> list[list[ui.Item[Any]]]:
        """An expired picture has no original to make another from."""
        picture, say = self.picture, self.say
        copy: list[ui.Item[Any]] = [PictureButton(Action.LINK, picture.id, say)] if links else []
        select = None if picture.is_expired else verb_select(picture, self.default_model, self.may_use, say)
        return [
            [*links, *copy, *again(picture.order, say)],
            [select] if select is not None else [],
            [
                PictureButton(one, picture.id, say)
                for one in (
                    Action.FAVOURITE,
                    Action.SETTINGS,
                    Action.ORIGIN,
                    *((Action.REPORT,) if self.may_report else ()),
                    Action.DELETE,
                )
            ],
        ]


def upload_panel(upload: Upload, default_model: str, may_use: MayUse, say: Words) -> Content:
    container = ui.Container[Any](accent_colour=GREEN)
    if upload.url is not None:
        gallery = ui.MediaGallery[Any]()
        gallery.add_item(media=upload.url)
        container.add_item(gallery)
    container.add_item(ui.TextDisplay(f"-# {upload.width} × {upload.height}"))
    select = verb_select(upload, default_model, may_use, say)
    if select is None:
        container.add_item(ui.TextDisplay(say("Nothing can be done with a picture of this size and shape.")))
    else:
        container.add_item(ui.ActionRow(select))
    return Content(view_of(container))


def settings_text(picture: Picture, say: Words) -> str:
    """As one types them behind a command, to copy."""
    order = picture.order
    operation = OPERATIONS.get(order.operation)
    values = {"prompt": order.said, **_params(order)}
    if picture.seed is not None:
        values["seed"] = str(picture.seed)
    typed = " ".join(f"{say(name)}:{' '.join(value.split())}" for name, value in values.items() if value)
    model = MODELS[order.model].title if order.model in MODELS else order.model
    title = say(operation.title) if operation is not None else order.operation
    command = typed.replace("```", "'''")
    if len(command) > _SETTINGS_LENGTH_MAX:
        command = command[: _SETTINGS_LENGTH_MAX - 1] + "…"
    return f"{title} · {model}\n```\n{command}\n```"


def _params(order: Order) -> dict[str, str]:
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in order.params.items()
        if name not in BESIDE
    }
