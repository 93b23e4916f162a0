"""What the providers print is understood; what nobody knows is refused by its name."""

from typing import Any

import pytest
from asyncpg import connect_utils
from pydantic import ValidationError

from core.postgres_url import understood
from core.settings import DatabaseSettings, problems

BASE = "postgresql://ann:secret-word@db.example.com:5432/pictures"

PRINTED = {
    "Neon": f"{BASE}?sslmode=require&channel_binding=require",
    "Neon, with its endpoint": f"{BASE}?sslmode=require&options=endpoint%3Dep-cool-1",
    "Fly": f"{BASE}?sslmode=disable",
    "Heroku, Render": "postgres://ann:secret-word@db.example.com/pictures",
    "DigitalOcean": f"{BASE}?sslmode=require",
    "Vercel": f"{BASE}?sslmode=require&supa=base-pooler.x",
    "Prisma": f"{BASE}?schema=public&pgbouncer=true&connection_limit=1&pool_timeout=10",
    "node": f"{BASE}?ssl=true&uselibpqcompat=true",
    "libpq": f"{BASE}?connect_timeout=10&gssencmode=disable&keepalives=1&keepalives_idle=30"
    "&keepalives_interval=10&keepalives_count=5&tcp_user_timeout=9000&application_name=mine"
    "&target_session_attrs=read-write&client_encoding=utf8",
    "with empty ones": f"{BASE}?sslmode=&sslrootcert=",
    "several hosts": "postgresql://ann:secret-word@one:5432,two:5433/pictures?target_session_attrs=primary",
    "a socket, without a role": "postgresql:///pictures?host=/run/postgresql&user=ann&password=secret-word",
    "a socket": "postgresql://ann:secret-word@/pictures?host=/run/postgresql",
}


def parsed(url: str) -> Any:
    """What the driver itself makes of it."""
    parse = vars(connect_utils)["_parse_connect_dsn_and_args"]
    return parse(
        dsn=understood(url),
        **dict.fromkeys(
            "host port user password passfile database ssl service servicefile direct_tls server_settings "
            "target_session_attrs krbsrvname gsslib".split()
        ),
    )[1]


@pytest.mark.parametrize("url", PRINTED.values(), ids=PRINTED.keys())
def test_what_providers_print_is_understood(url: str) -> None:
    parameters = parsed(url)
    assert (parameters.user, parameters.password, parameters.database) == ("ann", "secret-word", "pictures")
    # What asyncpg does not know it would send to the server as a setting.
    assert set(parameters.server_settings or {}) <= {"options"}


def test_tls_is_as_strict_as_it_says() -> None:
    assert parsed(f"{BASE}?ssl=true").sslmode.name == "require"
    assert parsed(f"{BASE}?ssl=false").sslmode.name == "disable"
    assert parsed(BASE).sslmode.name == "prefer"
    strict = parsed(f"{BASE}?sslmode=verify-full&sslrootcert=system")
    assert strict.ssl.check_hostname
    assert parsed(f"{BASE}?schema=my%20own").server_settings == {"search_path": "my own"}


REFUSED = {
    "?sslmode=bogus": "has sslmode (bogus), which is none of disable, allow, prefer, require, verify-ca",
    "?ssl=bogus": "has sslmode (bogus), which is none of",
    "?sslmode=verify-full&sslrootcert=/nowhere/ca.pem": "names a file in sslrootcert that is not there",
    "?sslmode=require&sslrootcert=/dev/null": "names a file in sslrootcert that is not there",
    f"?sslrootcert={__file__}": "names a file of certificates or keys that cannot be used",
    "?sslcert=/nowhere/me.pem&sslkey=/nowhere/me.key": "names a file in sslcert that is not there",
    "?target_session_attrs=master": "has target_session_attrs (master), which is none of any",
    "?port=none": "has a port that is none",
    "?foo=bar": "has a parameter that nobody knows (foo)",
    "?ssl_mode=require": "has a parameter that nobody knows (ssl_mode)",
    "?a%20b=c": "has a parameter that nobody knows;",
}


@pytest.mark.parametrize("variable", ["database_url", "database_listen_url"])
@pytest.mark.parametrize(("query", "complaint"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_wrong_is_refused_by_its_name(variable: str, query: str, complaint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DatabaseSettings.model_validate({"database_url": BASE, variable: BASE + query})
    (line,) = problems(DatabaseSettings, refused.value)
    assert line.startswith(f"{variable.upper()}: {complaint}")
    assert "secret-word" not in line


@pytest.mark.parametrize("special", ["a@b", "a/b", "a#b", "1?b=c", "a b", "a?b"])
def test_a_password_that_is_not_encoded_is_refused_and_not_shown(special: str) -> None:
    with pytest.raises(ValueError, match="percent-encoded") as refused:
        understood(f"postgresql://ann:{special}@db.example.com/pictures")
    assert special not in str(refused.value)


def test_an_encoded_password_stays_what_it_is() -> None:
    assert parsed("postgresql://ann:a%40b%2Fc%23d%3F@db.example.com/x").password == "a@b/c#d?"


def test_a_host_that_is_none_is_refused_before_anybody_waits_for_it() -> None:
    with pytest.raises(ValueError, match="has a host that is none"):
        understood("postgresql://ann:secret-word@db..example.com/pictures")


@pytest.mark.parametrize("hosts", [",", "a,", "[::1", "a:b", "a:0", "https://a"])
def test_hosts_that_the_driver_cannot_read_are_refused(hosts: str) -> None:
    with pytest.raises(ValueError, match="is not a Postgres URL"):
        understood(f"postgresql://ann:secret-word@{hosts}/pictures")
