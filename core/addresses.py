"""What an address may look like, and what a bucket's is. Pure."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

Style = Literal["virtual", "path"]

_BUCKET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?=[a-z0-9]))*[a-z0-9]")


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where a bucket is: one decision for what is stored and for links."""

    endpoint: str
    name: str
    addressing: Literal["auto", "virtual", "path"]

    @property
    def style(self) -> Style:
        """Virtual: the name is put before the host. That cannot be before an address or `localhost`, where the endpoint
        has a path, or where the name has dots, as no certificate is good for those."""
        if self.addressing != "auto":
            return self.addressing
        return "virtual" if self._takes_name else "path"

    @property
    def url(self) -> str:
        """The bucket's own, as bot and workers reach it."""
        if self.style == "path":
            return f"{self.endpoint}/{self.name}"
        return self.endpoint.replace("://", f"://{self.name}.", 1)

    def check(self, *, has_public_url: bool) -> None:
        """Raises ValueError where links would lead elsewhere than what is stored, or nowhere."""
        parts = urlsplit(self.endpoint)
        if parts.path.endswith(f"/{self.name}"):
            raise ValueError(f"ends with the bucket's name ({self.name}), which is added to it")
        if self.style == "virtual":
            if not self._takes_name:
                raise ValueError(
                    f"is one before which no bucket's name like this can be put ({parts.netloc}{parts.path}), "
                    "as BUCKET_ADDRESSING=virtual wants it"
                )
            if (parts.hostname or "").startswith(f"{self.name}."):
                raise ValueError(
                    f"begins with the bucket's name ({parts.hostname}), which is put before it anyway, "
                    "unless BUCKET_ADDRESSING is path"
                )
        if not has_public_url and not is_known_to_all(self.url):
            raise ValueError(
                f"has a host without a dot ({parts.hostname}), to which Discord takes no link, and "
                "PUBLIC_BUCKET_URL is unset"
            )

    @property
    def _takes_name(self) -> bool:
        parts = urlsplit(self.endpoint)
        host = parts.hostname or ""
        return "." in host and not is_address(host) and not parts.path and "." not in self.name


def is_url(value: str, *schemes: str) -> bool:
    """Whether a host can be asked by it: what is wrong would else show much later, and name no variable."""
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in schemes
            and parts.port != 0
            and is_host(parts.hostname or "")
            and is_one_word(value)
        )
    except ValueError:
        return False


def is_host(name: str) -> bool:
    """An address or a name, in any letters: what a resolver can be asked for."""
    try:
        return re.fullmatch("[a-z0-9_.:%-]+", name.encode("idna").decode(), re.IGNORECASE) is not None
    except UnicodeError:
        # A part of it is empty, or too long.
        return False


def is_one_word(value: str) -> bool:
    return value.isprintable() and " " not in value


def web_url(value: str) -> str:
    if not is_url(value, "http", "https"):
        raise ValueError("is not an http or https URL")
    return value.rstrip("/")


def api_url(value: str) -> str:
    """Paths are added to it, so it may have one itself, and nothing after that."""
    url = web_url(value)
    if "?" in url or "#" in url or "@" in urlsplit(url).netloc:
        raise ValueError("has more to it than a host and a path")
    return url


def bucket_url(value: str) -> str:
    """A browser asks by the host's name in small letters, and the host is part of what is signed."""
    url = api_url(value)
    parts = urlsplit(url)
    if not url.isascii():
        raise ValueError("has letters that no URL has, and that have to be encoded")
    return parts._replace(netloc=parts.netloc.lower(), path=re.sub("/{2,}", "/", parts.path)).geturl()


def check_bucket_name(name: str) -> str:
    """As Amazon has it, and with it all the others."""
    if odd := next((sign for sign in name if not re.match("[a-z0-9.-]", sign)), None):
        raise ValueError(f"has {odd!a} in it")
    if not 3 <= len(name) <= 63:
        raise ValueError(f"has {len(name)} characters")
    if not _BUCKET_NAME.fullmatch(name) or is_address(name):
        raise ValueError("is an address, or begins or ends with a sign, or has a dot beside another")
    return name


def is_known_to_all(url: str) -> bool:
    """Discord refuses a link whose host has no dot; such names are known in one network alone."""
    return "." in (urlsplit(url).hostname or "")


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return ipaddress.ip_address(host).is_loopback if is_address(host) else host == "localhost"


def is_among(parts: SplitResult, names: str) -> bool:
    """Whether NO_PROXY, as curl reads it, names the host: itself, its port, a domain or network of it."""
    host, whole = parts.hostname or "", {parts.hostname, f"{parts.hostname}:{parts.port}"}
    for one in re.split(r"[,\s]+", names.lower()):
        name = one if one == "*" else one.lstrip("*.")
        if name == "*" or name in whole or (name and host.endswith(f".{name}")) or _is_in_network(host, name):
            return True
    return False


def _is_in_network(host: str, name: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
