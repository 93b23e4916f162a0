"""`python -m worker credentials`: a key and a certificate to try signing with, as lines of a file of variables."""

import sys

from ops import credentials

ORGANISATION = "Tigerbrush on trial"


def print_trial() -> int:
    """Returns the exit status."""
    if not credentials.is_installed():
        print("c2pa-python is not installed; requirements/credentials.txt has it.", file=sys.stderr)
        return 1
    # Comes with it.
    from ops.certificates import DAYS, make_chain

    certificate, key = (text.replace("\n", "\\n") for text in make_chain(ORGANISATION))
    print(f'C2PA_CERTIFICATE="{certificate}"\nC2PA_PRIVATE_KEY="{key}"')
    print(
        f"It is for trying out, for {DAYS} days: nobody but itself vouches for it, so others' readers say that they "
        "do not know the signer.",
        file=sys.stderr,
    )
    return 0
