"""Who paints: packages that the owner names, each with the models that it offers."""

from importlib import import_module
from importlib.util import find_spec

OURS = "worker.providers"


def packages(providers: str) -> list[str]:
    """Of names with commas between them, in their order: one of ours, or with a dot a package from anywhere."""
    names = dict.fromkeys(name.strip() for name in providers.split(",") if name.strip())
    return [name if "." in name else f"{OURS}.{name}" for name in names]


def load_catalogues(providers: str) -> None:
    """Puts the models of these providers on offer. Raises ValueError for one that is not there.

    A package does so in its module `catalogue`, which imports nothing but core. Stability's are in core.operations.
    """
    for package in packages(providers):
        try:
            found = find_spec(package)
        except (ImportError, ValueError):
            found = None
        if found is None:
            raise ValueError(f"names {package.removeprefix(f'{OURS}.')}, of which there is no package")
        if find_spec(f"{package}.catalogue") is not None:
            import_module(f"{package}.catalogue")
