import asyncio

from core.errors import reason


def test_an_exception_without_a_text_is_named_by_its_class() -> None:
    assert reason(TimeoutError()) == "TimeoutError"
    assert reason(asyncio.IncompleteReadError(b"", 5)) == "0 bytes read on a total of 5 expected bytes"
