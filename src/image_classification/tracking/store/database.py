"""Whether a database on a server answers. MLflow would try for minutes."""

import re
from math import ceil
from urllib.parse import urlsplit

from image_classification.errors import UserError

# those whose drivers know the option; libpq takes less than two seconds for two
_WITH_TIMEOUT = ("postgresql", "mysql")
# what databases say to whom they do not let in
_REFUSED = re.compile(
    r"password|authentication|access denied|role .* does not exist|login failed|no pg_hba", re.IGNORECASE
)
_LET_IN = (
    "It answers, and lets nobody in with this name and password: correct mlflow: with username: and "
    "password: in conf/local/credentials.yml; PGUSER and PGPASSWORD in the environment win over them, and "
    "~/.pgpass is asked where none of these has a password."
)
_STARTED = (
    "Start it, or correct tracking_uri in mlflow.yml or MLFLOW_TRACKING_URI, and what opens it: "
    "mlflow: with username: and password: in conf/local/credentials.yml, or ~/.pgpass."
)
_EXTRAS = {"postgresql": '"image-classification[postgresql]"', "mysql": "pymysql"}


def is_database_server(uri: str) -> bool:
    """Whether an address is that of a database that a server has."""
    return urlsplit(uri).scheme.partition("+")[0] in {"postgresql", "mysql", "mssql"}


def require_connection(uri: str, shown: str, timeout: float) -> None:
    """Connect to a database once, and leave it.

    Args:
        uri: its address.
        shown: the same without a password.
        timeout: seconds.

    Raises:
        UserError: it does not answer, does not let this person in, or its library is not installed.
    """
    # take a fifth of a second, and the settings are read by every command
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    scheme = urlsplit(uri).scheme.partition("+")[0]
    options = {"connect_timeout": max(2, ceil(timeout))} if scheme in _WITH_TIMEOUT else {}
    try:
        with create_engine(uri, poolclass=NullPool, connect_args=options).connect():
            pass
    except (ImportError, NoSuchModuleError) as error:
        raise UserError(
            f"Runs can be recorded at {shown} only where a library for it is installed: "
            f"pip install {_EXTRAS.get(scheme, 'its driver for SQLAlchemy')}"
        ) from error
    except (SQLAlchemyError, OSError, ValueError) as error:
        original = getattr(error, "orig", None) or error
        lines = [line.strip() for line in str(original).splitlines() if line.strip()]
        reason = lines[0] if lines else type(original).__name__
        advice = _LET_IN if _REFUSED.search(str(original)) else _STARTED
        raise UserError(
            f"The database {shown} cannot be used: {reason}\n{advice}\n"
            "required: false in mlflow.yml runs without a record."
        ) from error
