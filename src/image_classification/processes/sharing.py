"""What may be configured about a command that trains several times: who works on it, and what goes on."""

import re
from typing import Annotated, ClassVar, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field

from image_classification.errors import UserError
from image_classification.options import Section

# more than any machine has cores for
MOST_PROCESSES = 1024
_SQLITE, _SERVER = "sqlite:///", re.compile(r"postgresql(\+psycopg)?://")


def _is_address(address: str) -> str:
    """Check an address without ever showing it: what is refused may hold a password.

    Raises:
        UserError: there is a password in it; a ValueError would be shown with the whole address.
    """
    if not (_SERVER.match(address) or (address.startswith(_SQLITE) and len(address) > len(_SQLITE))):
        if "@" in address:
            raise UserError("The address of a storage begins with postgresql:// or sqlite:///")
        raise ValueError("expected postgresql://<host>/<database> or sqlite:////<path of a file>")
    try:
        parts = urlsplit(address)
        has_password = parts.password is not None or "password" in parse_qs(parts.query)
    except ValueError:
        has_password = True
    if has_password:
        raise UserError(
            "The address of a storage has a password in it, which would be recorded with every run.\n"
            "Leave it out, and put it into the environment variable PGPASSWORD or into the file ~/.pgpass."
        )
    return address


class SharedWorkOptions(Section):
    """How the trainings of one command are shared, and what a command that is started again goes on with."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"processes", "resume", "storage"})

    processes: Annotated[int, Field(strict=True, ge=1, le=MOST_PROCESSES)] = Field(
        default=1,
        description="Processes of this machine that train at the same time, each with its share of the "
        "threads.",
    )
    resume: Literal["auto"] | bool = Field(
        default="auto",
        description="What is taken of an earlier command with the same data, options and code: auto: the "
        "trainings that one had finished which was interrupted, or which is at work; true: those of one that "
        "is over, too; false: none.",
    )
    storage: Annotated[str, AfterValidator(_is_address)] | None = Field(
        default=None,
        description="Database that says who trains what, for several terminals or machines: "
        "postgresql://<host>/<database> (the password in PGPASSWORD or ~/.pgpass), or sqlite:////<file>; "
        "null: a file in the data folder.",
    )
