"""Who paints: packages that the owner names, each with the models that it offers."""

import re
from importlib import import_module
from importlib.util import find_spec

OURS = "worker.providers"


def packages(providers: str) -> list[str]:
    """Of names with commas between them, in their order: one of ours, or with a dot a package from anywhere."""
    names = dict.fromkeys(name.strip() for name in providers.split(",") if name.strip())
    return [name if "." in name else f"{OURS}.{name}" for name in names]


def load_catalogues(providers: str) -> None:
    """Puts the models of these providers on offer. Raises ValueError where one is no provider's package.

    A package does so in its module `catalogue`, which imports nothing but core. Stability's are in core.operations.
    """
    found = packages(providers)
    if not found:
        raise ValueError("names nobody")
    for package in found:
        if not re.fullmatch(r"[a-z_]\w*(\.[a-z_]\w*)*", package, re.ASCII | re.IGNORECASE):
            raise ValueError("has a name that no package can have")
        if not _is_there(f"{package}.client"):
            raise ValueError(f"names {package.removeprefix(f'{OURS}.')}, of which there is no package")
        if _is_there(f"{package}.catalogue"):
            import_module(f"{package}.catalogue")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
