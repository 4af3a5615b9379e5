"""A PostgreSQL server of the tests' own, from the programs of this machine.

It listens on 127.0.0.1 alone, asks for a password, lies in a temporary folder, and is gone after the block.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "tester"
# where systems put the programs that are on no path, the latest version last
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
READY = "ready to accept connections"


class NoServerError(Exception):
    """No server can be started on this machine, and why."""


@dataclass(frozen=True)
class Server:
    """A server that runs.

    password: of its only user; it goes into PGPASSWORD, and into no address.
    """

    port: int
    password: str

    def url(self, database: str = "postgres") -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def nobodys_url(self, database: str = "postgres") -> str:
        """Return the same address without the name of the user."""
        return f"postgresql://127.0.0.1:{self.port}/{database}"

    def everything_in(self, database: str = "postgres") -> str:
        """Return all rows of all tables as text."""
        import psycopg  # noqa: PLC0415  may be absent

        with psycopg.connect(self.url(database), password=self.password) as connection:
            query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            tables = [name for (name,) in connection.execute(query)]
            rows = (row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"'))
            return "\n".join(map(str, rows))


def programs() -> Path:
    """Return the folder of initdb and postgres."""
    asked = shutil.which("pg_config")
    told = [subprocess.check_output([asked, "--bindir"], text=True).strip()] if asked else []
    found = shutil.which("initdb")
    globbed = [path for place in PLACES for path in sorted(Path("/").glob(place[1:]))]
    for folder in map(Path, [*([str(Path(found).parent)] if found else []), *told, *reversed(globbed)]):
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise NoServerError("PostgreSQL is not installed: neither initdb nor postgres is found")


def somebody() -> dict[str, int | list[int]]:
    """Return as whom the server is to run: it refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            person = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    raise NoServerError("PostgreSQL refuses to be run by root, and there is no other user")


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a server in the block.

    Raises:
        NoServerError: there is none on this machine.
    """
    folder_of_programs, person = programs(), somebody()
    # not in a folder of pytest: nobody else may look into that
    with tempfile.TemporaryDirectory(prefix="postgresql-") as temporary:
        folder, password = Path(temporary), secrets.token_urlsafe()
        (folder / "password").write_text(password)
        if person:
            os.chown(folder, person["user"], person["group"])  # type: ignore[arg-type]
            os.chown(folder / "password", person["user"], person["group"])  # type: ignore[arg-type]
        common = {"cwd": folder, "env": {"LC_ALL": "C", "PATH": os.environ["PATH"]}, "text": True, **person}
        initdb = [folder_of_programs / "initdb", "--pgdata=data", f"--username={USER}", "--no-sync"]
        access = ["--auth=scram-sha-256", "--pwfile=password", "--encoding=UTF8"]
        subprocess.run([*initdb, *access], check=True, capture_output=True, **common)
        with _started(folder_of_programs, common) as port:
            yield Server(port, password)


@contextmanager
def _started(folder_of_programs: Path, common: dict) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": port, "fsync": "off"}
    given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [folder_of_programs / "postgres", "-D", "data", *given]
    with subprocess.Popen(command, stderr=subprocess.PIPE, **common) as process:
        try:
            read = ""
            while READY not in read:
                line = process.stderr.readline()
                if not line:
                    raise NoServerError(f"PostgreSQL has not started: {read}")
                read += line
            # or a pipe that is full would stop it
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield port
        finally:
            process.send_signal(signal.SIGINT)  # at once, whoever is connected
            process.wait()
