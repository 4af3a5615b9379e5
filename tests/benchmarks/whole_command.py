"""The whole command of the recipe `feed_forward`, beside one bare script that trains and records the same."""

import json
from pathlib import Path
from time import perf_counter

from tests.benchmarks.benchmark import Row, Workspace, compared, last_json_line, side_by_side
from tests.benchmarks.commands import prepared_project, timed_script, unpacked
from tests.benchmarks.project import run_kedro, timed

AT_MOST = 1.5
SHOWN = 0.05  # seconds: shorter stages are summed up
EPOCHS = 5


def run(workspace: Workspace) -> list[Row]:
    """Take the seconds of both from start to exit, then once more those of each stage of ours."""
    command = ("run", "--pipeline", "training", "--env", "feed_forward")
    command += ("--params", f"modelling.training.epochs={EPOCHS}")
    project = prepared_project(workspace, *command)
    images, record = unpacked(workspace, project), workspace.scratch / "bare record"
    record.mkdir()
    said: list[str] = []

    def bare() -> float:
        seconds, output = timed_script(workspace, "bare_training.py", str(images), str(record), str(EPOCHS))
        said.append(output)
        return seconds

    bare()  # its database and bytecode are there from now on, as ours are
    measured = side_by_side(
        {"ours": lambda: run_kedro(project, workspace, *command), "bare": bare},
        rounds=5,
    )
    metrics = json.loads((project / "data/08_reporting/metrics.json").read_text(encoding="utf-8"))
    bare_accuracy = last_json_line(said[-1])["test/accuracy"]
    return [
        compared(
            "whole_command",
            f"`kedro run --pipeline training --env feed_forward`, {EPOCHS} epochs, from start to exit",
            "a bare script: the same libraries, training and MLflow record, nothing else",
            "s",
            measured["ours"],
            measured["bare"],
            at_most=AT_MOST,
            notes=(
                f"Test accuracy: {metrics['accuracy']:.2%} here, {bare_accuracy:.2%} by the bare script.",
                account(workspace, project, command),
            ),
        )
    ]


def account(workspace: Workspace, project: Path, command: tuple[str, ...]) -> str:
    """Run the command once more under `stages.py` and say where its seconds went."""
    target = workspace.scratch / "account.json"
    started = perf_counter()
    wall, _ = timed(workspace, project, [Path(__file__).with_name("stages.py"), target, *command])
    told = json.loads(target.read_text(encoding="utf-8"))
    ended = started + wall
    seconds = {
        "start of Python": told["started"] - started,
        **told["seconds"],
        "end of Python": ended - told["ended"],
    }
    return describe(seconds, wall)


def describe(seconds: dict[str, float], wall: float) -> str:
    """Put an account into a line: the longest stages first, the short ones summed up."""
    stages = sorted(seconds.items(), key=lambda stage: -stage[1])
    shown = [f"{name} {value:.2f}" for name, value in stages if value >= SHOWN]
    short = [value for _, value in stages if value < SHOWN]
    if short:
        shown.append(f"{len(short)} shorter stages {sum(short):.2f}")
    total = sum(seconds.values())
    return f"One more run took {wall:.2f} s; its stages, {total:.2f} s in all: {', '.join(shown)}."
