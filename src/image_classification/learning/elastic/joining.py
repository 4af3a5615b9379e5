"""A machine joins a training: it asks the driver what is trained, fetches what it lacks, and takes part."""

import logging
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from pydantic import ValidationError
from torch.distributed.elastic.multiprocessing import SignalException

from image_classification.console import progress_bar, say
from image_classification.errors import UserError
from image_classification.files.temporary import temporary_folder
from image_classification.learning.distributed.options import host_and_port
from image_classification.learning.elastic.addresses import address_towards
from image_classification.learning.elastic.agent import Agent, end_children
from image_classification.learning.elastic.children import LOADED
from image_classification.learning.elastic.driver.referee import OVER
from image_classification.learning.elastic.job import JOB, STORE, TENSORS, Job, has_this_store, versions
from image_classification.learning.elastic.visitor import (
    AgentSettings,
    DriverGoneError,
    UnknownTokenError,
    Visitor,
)
from image_classification.processes.forking import fork_server_kept
from image_classification.words import count_of, in_bytes

INTERVAL = 1.0  # seconds between two attempts to reach the driver


def join(endpoint: str, token: str, wait: float) -> int:
    """Take part in the training of a driver until it is over; return the code of the command.

    Args:
        endpoint: address and port of the driver.
        token: that it asks for.
        wait: seconds for which it may not be there yet.

    Raises:
        UserError: there is no such driver, this machine has other versions than it, or the processes here
            failed more often than is allowed.
    """
    host, port = _place(endpoint)
    visitor = Visitor(host, port, token)
    welcome = _welcome(visitor, endpoint, wait)
    _require_same_versions(welcome["versions"])
    with fork_server_kept(), temporary_folder() as folder:
        LOADED.prepare()
        try:
            fetch_job(visitor, folder, welcome["sizes"])
            settings = AgentSettings(
                folder=str(folder),
                host=host,
                port=port,
                token=token,
                node=uuid.uuid4().hex,
                address=address_towards(host, port),
                **welcome["settings"],
            )
        except (DriverGoneError, ValidationError, KeyError, TypeError) as error:
            raise UserError(f"The driver at {endpoint} does not say what to train: {error}.") from error
        say(f"Joined the training at {endpoint} with {count_of(settings.processes, 'process', 'processes')}.")
        return _take_part(settings)


def _take_part(settings: AgentSettings) -> int:
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("torch.distributed.elastic"):  # they print, and say again what is said here
            logging.getLogger(name).setLevel(logging.CRITICAL)
    agent = Agent(settings, say)
    try:
        cause = agent.run()
    except SignalException as error:
        say("Left the training, which goes on without this machine.")
        return 128 + int(error.sigval)
    finally:
        end_children()
    if cause not in ("", OVER):
        end = f"This machine takes no more part in the training: {cause}."
        if not agent.is_closed:
            raise UserError(end)
        say(end)  # nothing has failed here
        return 1
    say("The training is over.")
    return 0


def _place(endpoint: str) -> tuple[str, int]:
    try:
        host, port = host_and_port(endpoint)
        host.encode("idna")  # what cannot be a name, such as a..b, is not waited for
    except ValueError:
        host, port = "", 0
    if not host or not 0 < port < 2**16:
        raise UserError(f"{endpoint} is no address and port, such as 10.0.0.1:29400.")
    return host, port


def _welcome(visitor: Visitor, endpoint: str, wait: float) -> Mapping[str, Any]:
    until, said = monotonic() + wait, set[str]()
    while True:
        try:
            return visitor.ask("/welcome")
        except DriverGoneError as error:
            if monotonic() > until or isinstance(error, UnknownTokenError):
                raise UserError(
                    f"No training can be joined at {endpoint}: {error}. The command of the training prints "
                    "how to join it."
                ) from error
            reason = str(error)
        # even a name that is unknown may be known soon, as in a cluster; whoever mistyped it need not wait
        if reason not in said:
            left = max(0.0, until - monotonic())
            say(f"Waiting for a training at {endpoint}, for up to {left:.0f} s. Until now: {reason}.")
            said.add(reason)
        sleep(INTERVAL)


def _require_same_versions(there: Mapping[str, str]) -> None:
    here = versions()
    if differing := [
        f"{name} is {here.get(name)} here and {there.get(name)} there"
        for name in {**there, **here}
        if here.get(name) != there.get(name)
    ]:
        raise UserError(
            f"This machine would train something else than the driver: {'; '.join(differing)}.\n"
            "Install the same versions on both."
        )


def fetch_job(visitor: Visitor, folder: Path, sizes: Mapping[str, int]) -> None:
    """Bring the job here; its images where this machine does not have the very same store."""
    _fetch_file(visitor, folder, JOB, sizes)
    _fetch_file(visitor, folder, TENSORS, sizes)
    job = Job.read(folder)
    if job.store is None:
        return
    if has_this_store(job):
        say(f"The images are here already, in {job.store}.")
        return
    _fetch_file(visitor, folder, STORE, sizes)
    own = job.model_copy(update={"store": str(folder / STORE)})
    if not has_this_store(own):
        raise UserError("The images that came from the driver are not those that it has. Join again.")
    own.write(folder)


def _fetch_file(visitor: Visitor, folder: Path, name: str, sizes: Mapping[str, int]) -> None:
    size = int(sizes[f"/{name}"])
    if size > (free := shutil.disk_usage(folder).free):
        raise UserError(
            f"The training needs {in_bytes(size)} in {folder}, and there are {in_bytes(free)}. Name a "
            "folder with more room by the variable TMPDIR."
        )
    with progress_bar(f"Fetching {in_bytes(size)}", size, "bytes") as advance:
        visitor.fetch(f"/{name}", folder / name, size, advance)
