"""What flyctl knows, from the source of 0.4.87 (August 2026): of its structures and commands, those that are used here.

Whoever uses another looks it up there first: `internal/appconfig`, `internal/command`, and fly-go's `machine_types.go`.
Built into a program of their own, those structures and their strict validation took fly.toml whole, and had no
complaint. No command was sent to Fly.io from here, as that needs an account.
"""

import re
import shlex
from collections.abc import Iterator
from typing import Any

_DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+")

STRUCTURES: dict[str, dict[str, str]] = {
    "": {
        "app": "string",
        "primary_region": "string",
        "kill_signal": "string",
        "kill_timeout": "duration",
        "swap_size_mb": "int",
        "console_command": "string",
        "build": "build",
        "deploy": "deploy",
        "env": "strings by name",
        "processes": "strings by name",
        "checks": "check by name",
        "restart": "list of restart",
        "vm": "list of vm",
        "metrics": "list of metrics",
    },
    "build": {
        "builder": "string",
        "args": "strings by name",
        "image": "string",
        "dockerfile": "string",
        "ignorefile": "string",
        "build-target": "string",
    },
    "deploy": {
        "strategy": "string",
        "max_unavailable": "float",
        "wait_timeout": "duration",
        "release_command": "string",
        "release_command_timeout": "duration",
        "release_command_vm": "vm",
        "seed_command": "string",
    },
    "check": {
        "port": "int",
        "type": "string",
        "interval": "duration",
        "timeout": "duration",
        "grace_period": "duration",
        "method": "string",
        "path": "string",
        "protocol": "string",
        "tls_skip_verify": "bool",
        "tls_server_name": "string",
        "headers": "strings by name",
        "processes": "list of string",
    },
    "restart": {"policy": "string", "retries": "int", "processes": "list of string"},
    "vm": {
        "size": "string",
        "memory": "string",
        "cpu_kind": "string",
        "cpus": "int",
        "memory_mb": "int",
        "processes": "list of string",
    },
    "metrics": {"port": "int", "path": "string", "https": "bool", "processes": "list of string"},
}

STRATEGIES = {"canary", "rolling", "immediate", "bluegreen"}
RESTART_POLICIES = {"always", "never", "on-failure"}
CHECK_TYPES = {"http", "tcp"}
SIGNALS = {"SIGHUP", "SIGINT", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGTERM"}
SIZES = {f"shared-cpu-{cpus}x" for cpus in (1, 2, 4, 6, 8)} | {
    f"performance-{cpus}x" for cpus in (1, *range(2, 17, 2))
}
POSTGRES_MAJOR_VERSIONS = {16, 17}

COMMANDS = {
    "apps create": "name generate-name network machines yes save org json",
    "apps list": "json org quiet",
    "auth login": "interactive email password otp",
    "checks list": "app config check-name json",
    "deploy": "app config image build-arg build-target dockerfile ha strategy wait-timeout yes",
    "launch": "name org region",
    "logs": "app config region json machine select no-tail",
    "machine restart": "app config select signal time force skip-health-checks",
    "mpg attach": "app config variable-name database username",
    "mpg backup create": "type",
    "mpg backup list": "json all",
    "mpg connect": "database username",
    "mpg create": "region org name plan volume-size enable-postgis-support pg-major-version",
    "mpg detach": "app config",
    "mpg list": "json org deleted",
    "mpg restore": "backup-id name pitr-time",
    "mpg status": "json",
    "postgres attach": "app config database-name database-user variable-name superuser yes",
    "postgres backup create": "app config name immediate-checkpoint",
    "postgres backup enable": "app config",
    "postgres backup list": "app config",
    "postgres backup restore": "app config detach restore-target-time restore-target-name "
    "restore-target-inclusive image-ref",
    "postgres connect": "app config database user password",
    "postgres create": "region org name password initial-cluster-size vm-size volume-size enable-backups",
    "releases": "app config json image",
    "scale count": "app config yes process-group max-per-region region",
    "scale show": "app config json",
    "secrets import": "app config detach stage dns-checks",
    "secrets list": "app config json",
    "secrets set": "app config detach stage dns-checks",
    "secrets unset": "app config detach stage dns-checks",
    "ssh console": "app config org command machine select region process-group user",
    "status": "app config json all watch",
    "storage create": "app config org name public",
    "storage list": "org",
    "storage update": "app config org custom-domain clear-custom-domain private",
}


def config_faults(value: Any, kind: str = "", place: str = "fly.toml") -> Iterator[str]:
    """A line for each key that flyctl does not know, and for each value of another kind than it takes."""
    if kind.startswith("list of "):
        for number, one in enumerate(value):
            yield from config_faults(one, kind.removeprefix("list of "), f"{place}[{number}]")
    elif kind.endswith(" by name"):
        one_kind = "string" if kind.startswith("strings") else kind.removesuffix(" by name")
        for name, one in value.items():
            yield from config_faults(one, one_kind, f"{place}.{name}")
    elif kind in STRUCTURES:
        for name, one in value.items():
            if name not in STRUCTURES[kind]:
                yield f"{place}.{name} is unknown"
            else:
                yield from config_faults(one, STRUCTURES[kind][name], f"{place}.{name}")
    elif not _is(value, kind):
        yield f"{place} is no {kind}: {value!r}"


def _is(value: Any, kind: str) -> bool:
    if kind == "duration":
        # A whole number is one of seconds.
        return type(value) is int or (isinstance(value, str) and _DURATION.fullmatch(value) is not None)
    return type(value) is {"string": str, "int": int, "float": float, "bool": bool}[kind]


def command_fault(command: str) -> str | None:
    """What flyctl would refuse in it, such as in `fly scale count bot=1 | cat`; None for nothing."""
    words = shlex.split(command.partition("|")[0])[1:]
    length = next((n for n in range(len(words), 0, -1) if " ".join(words[:n]) in COMMANDS), 0)
    if not length:
        return "there is no such command"
    known = COMMANDS[" ".join(words[:length])].split()
    flags = [word[2:].partition("=")[0] for word in words[length:] if word.startswith("--")]
    return next((f"it has no --{flag}" for flag in flags if flag not in known), None)
