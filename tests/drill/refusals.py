"""What Postgres and poolers say to a connection that they do not take."""

import struct

STARTUP = b"\0\0"
"""It ends what a client says first."""


def refusal(sqlstate: str, message: str) -> bytes:
    fields = {b"S": "FATAL", b"V": "FATAL", b"C": sqlstate, b"M": message}
    body = b"".join(name + text.encode() + b"\0" for name, text in fields.items()) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body


FULL = refusal("XX000", "Max client connections reached")
"""As Supavisor says it."""
