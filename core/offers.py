"""What can be done with a picture, and how what was typed for it is read."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from core.errors import InvalidRequest, Term
from core.geometry import check_upscale
from core.operations import CHANGES, UPSCALE, Kind, Model, Operation, Param
from core.validation import fields_in, on_offer

MayUse: TypeAlias = Callable[[str, str], bool]
"""Whether a model may be used for an operation, by their names; the operation's is first."""


def offered(
    width: int, height: int, default_model: str, may_use: MayUse
) -> list[tuple[Operation, tuple[Model, ...]]]:
    """The changes that a picture of this size in pixels can have, each with the models that take it and may be used."""
    found = (
        (
            operation,
            tuple(
                model
                for model in on_offer(operation, default_model).values()
                if _takes(operation, model, width, height) and may_use(operation.name, model.name)
            ),
        )
        for operation in CHANGES
    )
    return [(operation, models) for operation, models in found if models]


def _takes(operation: Operation, model: Model, width: int, height: int) -> bool:
    try:
        operation.bounds_for(model, 0).fit(width, height)
        if operation is UPSCALE:
            check_upscale(model, width, height)
    except InvalidRequest:
        return False
    return True


def typed_params(operation: Operation, texts: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that these texts give by their names. Raises InvalidRequest for what is no number."""
    return {
        param.name: _typed(param, texts[param.name])
        for param in operation.params
        if texts.get(param.name, "").strip()
    }


def _typed(param: Param, text: str) -> Any:
    text = text.strip()
    if param.kind in (Kind.TEXT, Kind.CHOICE):
        return text
    if param.kind is Kind.FIELDS:
        return fields_in(text)
    try:
        return int(text) if param.kind is Kind.WHOLE else float(text.replace(",", "."))
    except ValueError:
        raise InvalidRequest(
            "“{param}” is a number from {least} to {most}.",
            param=Term(param.title),
            least=f"{param.low:g}",
            most=f"{int(param.high)}",
        ) from None
