"""A Postgres URL as providers print it, in what the driver understands.

asyncpg sends what it does not know to the server, which refuses it as a setting that it does not know either.
No text here repeats what may be a password.
"""

import inspect
import os
import re
import ssl
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

import asyncpg
from asyncpg import connect_utils

from core.addresses import is_host

_FOR_THE_DRIVER = frozenset(
    "host port dbname database user password passfile service krbsrvname gsslib sslpassword options".split()
)
_OF_NO_MATTER = frozenset(
    # libpq's: what this program decides itself, what asyncpg decides by itself, and what it cannot do.
    "application_name fallback_application_name client_encoding connect_timeout channel_binding require_auth "
    "gssencmode gssdelegation keepalives keepalives_idle keepalives_interval keepalives_count "
    "tcp_user_timeout sslcompression sslsni sslcertmode requirepeer load_balance_hosts "
    "min_protocol_version max_protocol_version "
    # Of other drivers and their providers.
    "pgbouncer connection_limit pool_timeout socket_timeout statement_cache_size prepareThreshold sslaccept "
    "uselibpqcompat supa workaround".split()
)
_SCHEMAS = ("schema", "currentSchema")
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "ssl_min_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
}
_SSL = {
    **dict.fromkeys(("true", "1", "on", "yes", "no-verify"), "require"),
    **dict.fromkeys(("false", "0", "off", "no"), "disable"),
}
_FILES = ("sslrootcert", "sslcrl", "sslcert", "sslkey")

_NO_URL = "is not a Postgres URL"
_ENCODED = f"{_NO_URL}; what is special in a password has to be percent-encoded"


def understood(url: str) -> str:
    """The URL for asyncpg. ValueError says what is wrong with it."""
    if not url.startswith(("postgres://", "postgresql://")):
        raise ValueError(_NO_URL)
    parts = _parts(url)
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        parameters.update(_translated(name, value))
    parameters.setdefault("sslmode", "prefer")
    _look_at_files(parameters)
    # A schema whose name has a blank in it, or a plus, is to be the same for asyncpg.
    translated = parts._replace(query=urlencode(parameters, quote_via=quote), fragment="").geturl()
    _let_the_driver_try(translated)
    return translated


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # There may be several hosts.
        hosts = [urlsplit(f"//{host}") for host in parts.netloc.rpartition("@")[2].split(",")]
        ports = [host.port for host in hosts]
    except ValueError:
        raise ValueError(_ENCODED) from None
    if odd := [host.hostname for host in hosts if host.hostname and not is_host(host.hostname)]:
        raise ValueError(f"has a host that is none{_shown(str(odd[0]))}")
    # A password with a / or a # ends the host's part, one with a ? begins the parameters.
    special = parts.netloc.count("@") > 1 or "@" in parts.path + parts.query or parts.fragment
    # A path of two slashes: the host was an address of the web.
    if 0 in ports or special or parts.path.startswith("//") or not url.isprintable() or " " in url:
        raise ValueError(_ENCODED)
    return parts


def _translated(name: str, value: str) -> dict[str, str]:
    if name in _OF_NO_MATTER or not value:
        return {}
    if name == "ssl":
        name, value = "sslmode", _SSL.get(value.lower(), value)
    if name in _SCHEMAS:
        # asyncpg makes it a setting of the session.
        return {"search_path": value} if value != "public" else {}
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ValueError(f"has {name}{_shown(value)}, which is none of {', '.join(_CHOICES[name])}")
        return {name: value}
    if name == "port" and not all(port.isdecimal() and 0 < int(port) < 65536 for port in value.split(",")):
        raise ValueError("has a port that is none")
    if name in _FOR_THE_DRIVER or name in _FILES:
        return {name: value}
    raise ValueError(f"has a parameter that nobody knows{_shown(name)}")


def _shown(word: str) -> str:
    return f" ({word})" if re.fullmatch(r"[A-Za-z_-]{1,40}", word) else ""


def _look_at_files(parameters: dict[str, str]) -> None:
    """What asyncpg would find out at each connection, and say without the name."""
    mode = parameters["sslmode"]
    unnamed = "sslrootcert" not in parameters and not os.path.exists(
        os.path.expanduser("~/.postgresql/root.crt")
    )
    if parameters.get("sslrootcert") == "system" or (mode.startswith("verify") and unnamed):
        parameters["sslrootcert"] = _system_certificates()
    for name in _FILES:
        if name in parameters and not os.path.isfile(parameters[name]):
            raise ValueError(f"names a file in {name} that is not there")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        for name in ("sslrootcert", "sslcrl"):
            if name in parameters:
                context.load_verify_locations(parameters[name])
        if "sslcert" in parameters:
            password = parameters.get("sslpassword", "")
            context.load_cert_chain(parameters["sslcert"], parameters.get("sslkey"), lambda: password)
    except (OSError, ValueError):
        raise ValueError("names a file of certificates or keys that cannot be used") from None


def _let_the_driver_try(url: str) -> None:
    """It reads a URL at each connection, and has no name for that which could be called without one."""
    read = vars(connect_utils)["_parse_connect_dsn_and_args"]
    others = inspect.signature(read).parameters.keys() - {"dsn"}
    try:
        read(dsn=url, **dict.fromkeys(others))
    except (ValueError, LookupError, asyncpg.InterfaceError):
        raise ValueError(_NO_URL) from None


def _system_certificates() -> str:
    for path in (
        ssl.get_default_verify_paths().cafile,
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
    ):
        if path is not None and os.path.exists(path):
            return path
    raise ValueError("needs sslrootcert with a file of certificates, as this machine has none of its own")
