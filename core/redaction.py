"""What never gets out by the log: the settings' secrets, in part as well, and whatever looks like another."""

import re
from collections.abc import Collection
from itertools import takewhile
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from core.settings import Settings

SECRET_LENGTH_MIN = 4
"""What is shorter protects nothing, and taking it out would leave holes in every line."""

SECRET = "[secret]"
TYPED = "[typed]"

_BEGINNING_LENGTH = 8
_END_LENGTH = 12
"""A secret that was cut is known by so much of its beginning, or of its end."""

_SLASH = r"(?:/|%2F|\\/)"
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        # The token of an interaction or of a webhook, in Discord's paths.
        (rf"({_SLASH}(?:interactions|webhooks){_SLASH}\d+{_SLASH})[^/\s\"'?%\\]+", rf"\1{SECRET}"),
        # Tokens of interactions are base64 of "interaction:" and more.
        (r"aW50ZXJhY3Rpb24[\w=+/-]*", SECRET),
        (r"([\"']token\\?[\"']\s*:\s*\\?[\"'])[^\"'\\]+", rf"\1{SECRET}"),
        # A presigned link: what is signed, and by whom.
        (
            r"(\b(?:X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature)(?:=|%3D))[^&\s\"'<>)]+",
            rf"\1{SECRET}",
        ),
        # Discord's, of an attachment.
        (r"((?:[?&;]|%26|%3F)hm(?:=|%3D))[0-9a-f]+", rf"\1{SECRET}"),
        (r"(\bauthorization(?:[\"']\s*[:,]|\s*[:=])\s*[\"']?)[^\"'\r\n)]+", rf"\1{SECRET}"),
        (r"\b(Bearer|Bot)(\s+)[\w.~+/=-]{20,}", rf"\1\2{SECRET}"),
        # The password of a URL, and that of a list of words.
        (r"(\w://[^\s:/@\"']*:)[^\s/\"']*@", rf"\1{SECRET}@"),
        (r"(\b(?:password|passwd|secret|api[_-]?key)=)[^\s&\"']+", rf"\1{SECRET}"),
        # A private key, also one that was cut.
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\w+/=\s\\]*(?:-----END [A-Z ]*PRIVATE KEY-----)?", SECRET),
        # Keys by their looks: Stability's, Tigris's, AWS's, and the tokens of Discord's bots.
        (r"(?<![\w-])sk-[\w-]{6,}", SECRET),
        (r"\bt(?:id|sec)_[\w-]{6,}", SECRET),
        (r"\b(?-i:A[KS]IA[0-9A-Z]{8,})", SECRET),
        (r"\b(?-i:[MNO])[\w-]{22,27}\.[\w-]{6}\.[\w-]+", SECRET),
    )
)


class Redaction:
    """A safety net: no line is meant to have a secret in it, and none gets out with one."""

    def __init__(self, settings: Settings) -> None:
        values = [getattr(settings, name) for name in type(settings).model_fields]
        secrets = {part for value in values if isinstance(value, SecretStr) for part in _parts(value)}
        # The longest first, as a URL has its password in it.
        self._secrets = sorted(secrets, key=len, reverse=True)
        # A URL begins as others do, and a short one may be a piece of any word.
        self._known_in_part = [
            secret
            for secret in self._secrets
            if "://" not in secret and len(secret) >= _BEGINNING_LENGTH + _END_LENGTH
        ]

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, SECRET)
        for secret in self._known_in_part:
            text = _without_pieces(text, secret)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


def without_typed(text: str, typed: Collection[str]) -> str:
    """What members typed is nobody's secret, and not for the log either, plain or quoted."""
    for words in sorted(typed, key=len, reverse=True):
        for form in (words, repr(words)[1:-1]):
            text = text.replace(form, TYPED)
    return text


def _parts(secret: SecretStr) -> set[str]:
    """The secret itself and, of a URL, its password as it is written and as it is meant."""
    value = secret.get_secret_value()
    try:
        password = urlsplit(value).password or ""
    except ValueError:
        password = ""
    return {part for part in (value, password, unquote(password)) if len(part) >= SECRET_LENGTH_MIN}


def _without_pieces(text: str, secret: str) -> str:
    """Without what was cut after some of the secret, or before the rest of it."""
    beginning, end = secret[:_BEGINNING_LENGTH], secret[-_END_LENGTH:]
    while (start := text.find(beginning)) >= 0:
        text = text[:start] + SECRET + text[start + _common_length(text[start:], secret) :]
    while (start := text.find(end)) >= 0:
        stop = start + _END_LENGTH
        length = _common_length(text[:stop][::-1], secret[::-1])
        text = text[: stop - length] + SECRET + text[stop:]
    return text


def _common_length(one: str, other: str) -> int:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in same)
