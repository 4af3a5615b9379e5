"""Run commands of `kedro` and tell which of some modules each has imported: a program that takes JSON.

Each command is forked from a process that has imported no more than all commands of its stage import: before
the second stage it imports the registry of pipelines, which every command imports that knows of them.
"""

import json
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from time import sleep

VIZ = ["viz", "run"]
PATIENCE = 240  # seconds that a command may take
LOOK = 0.05  # seconds between two looks at what a server has said
ANSWERS = "http://"  # in what a server says once it answers


def imported(watched: Sequence[str]) -> list[str]:
    """Return those of the modules that this process has."""
    return sorted(name for name in watched if sys.modules.get(name))


def run(arguments: Sequence[str], watched: Sequence[str], output: Path) -> list[str] | str:
    """Return what a command imports in a process of its own, or what it said where it failed."""
    told, is_up = output.with_suffix(".json"), arguments[0] != "serve"
    output.touch()
    child = os.fork()
    if not child:
        become(arguments, watched, output, told)
    while not os.waitpid(child, 0 if is_up else os.WNOHANG)[0]:
        sleep(LOOK)
        if ANSWERS in output.read_text():
            os.kill(child, signal.SIGINT)
            is_up = True
    found: list[str] | None = json.loads(told.read_text()) if told.exists() else None
    return output.read_text() if found is None else found


def become(arguments: Sequence[str], watched: Sequence[str], output: Path, told: Path) -> None:
    """Be the command; at its end write down what it has imported, or null where it failed."""
    for number in (1, 2):
        os.dup2(os.open(output, os.O_WRONLY | os.O_APPEND), number)
    signal.alarm(PATIENCE)  # whatever becomes of who waits for it
    process, leave = os.getpid(), os._exit

    def end(code: int) -> None:
        if os.getpid() == process:  # and none that it has forked
            told.write_text(json.dumps(None if code else imported(watched)))
        leave(code)

    os._exit = end  # as commands end
    sys.argv[:] = ["kedro", *arguments]
    code = 1
    try:
        if arguments == VIZ:
            show_pipelines()
        else:
            import_module("kedro.framework.cli").main()
        code = 0
    except SystemExit as error:
        code = int(error.code or 0)
    finally:
        os._exit(code)


def show_pipelines() -> None:
    """Do what `kedro viz run` does in another process than its own, until it would answer."""
    server = import_module("kedro_viz.server")
    import_module("uvicorn").run = lambda *_, **__: None
    server.run_server()


def main() -> None:
    """Run the commands of both stages."""
    request = json.load(sys.stdin)
    watched, outputs = request["watched"], Path(request["outputs"])
    import_module("kedro.framework.cli.cli")
    found: dict[str, list[str] | str] = {}
    for stage in request["stages"]:
        for module in stage["modules"]:
            import_module(module)
        if "archives" in stage:  # instead of MNIST's own
            download, mnist = (
                import_module(f"image_classification.images.idx.{name}") for name in ("download", "mnist")
            )
            mnist.ARCHIVES = tuple(download.RemoteFile(*archive) for archive in stage["archives"])
        found[stage["name"]] = imported(watched)
        for name, arguments in stage["commands"].items():
            found[name] = run(arguments, watched, outputs / f"{len(found)}.txt")
    Path(request["target"]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
