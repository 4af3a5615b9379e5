"""Commands that need no project say what is wrong in a line, and leave nothing where they are called."""

import pytest

COMMANDS = {
    "join": ["join", "127.0.0.1:1", "a-token-of-this-test", "--wait", "0"],
    "serve": ["serve"],
    "serve a file": ["serve", "--model", "nowhere.safetensors"],
    "verify": ["verify", "nowhere"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_outside_of_a_project(command, tmp_path, run_command):
    done = run_command(tmp_path, "image_classification", *command)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert "raceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [COMMANDS["join"], COMMANDS["serve a file"]], ids=["join", "serve"])
def test_in_a_folder_of_a_project_its_own_logs_have_the_traceback(command, small_project, run_command):
    folder = small_project / "notebooks"
    folder.mkdir()

    done = run_command(folder, "image_classification", *command)

    assert done.stderr.endswith(f"(The whole traceback: {small_project / '.logs' / 'error.log'})\n")
    assert "Traceback" in (small_project / ".logs" / "error.log").read_text()
    assert list(folder.iterdir()) == []
