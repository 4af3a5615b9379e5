"""A PostgreSQL of its own in a folder, started from the installed programs by somebody who is not root."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from pwd import getpwnam
from tempfile import TemporaryDirectory

import pytest

USER, PASSWORD = "team", "a-password-that-nobody-may-see"
# where distributions put them
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


def programs() -> Path | None:
    """Return the folder of the programs of PostgreSQL, of the newest version there is."""
    if on_path := shutil.which("pg_ctl"):
        return Path(on_path).parent
    places = (folder for place in _PLACES for folder in Path("/").glob(place[1:]))
    found = [folder for folder in places if (folder / "initdb").exists()]
    return max(found, default=None, key=lambda folder: [int(part) for part in folder.parts if part.isdigit()])


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server of databases on this machine, and yield the address of a database without a password.

    The test is skipped where PostgreSQL is not installed.
    """
    tools = programs()
    if tools is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    # folders of pytest may be entered by their owner only
    with TemporaryDirectory(prefix="postgresql-") as folder:
        yield from _run(tools, Path(folder))


def _run(tools: Path, folder: Path) -> Iterator[str]:
    owner = _owner(folder)
    password = folder / "password"
    password.write_text(PASSWORD)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [str(tools / program), "-D", str(folder / "data"), *arguments]
        with (folder / "said").open("a") as said:  # a pipe would stay open as long as the server runs
            subprocess.run(command, check=True, cwd=folder, stdout=said, stderr=said, **owner)

    run("initdb", "-U", USER, "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync")
    run("pg_ctl", "-w", "-o", f"-h 127.0.0.1 -p {port} -k {folder} -F", "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://127.0.0.1:{port}/postgres"
    finally:
        with suppress(subprocess.CalledProcessError):
            run("pg_ctl", "-w", "-m", "immediate", "stop")


def _owner(folder: Path) -> dict[str, int]:
    """Make the folder that of somebody whom PostgreSQL runs for: it refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            person = getpwnam(name)
            shutil.chown(folder, person.pw_uid, person.pw_gid)
            return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    pytest.skip("there is nobody but root to run PostgreSQL for")


def everything_in(address: str) -> str:
    """Return all rows of all tables as text."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(address, user=USER, password=PASSWORD) as connection:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        tables = [name for (name,) in connection.execute(query)]
        rows = (row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"'))
        return "\n".join(map(str, rows))
