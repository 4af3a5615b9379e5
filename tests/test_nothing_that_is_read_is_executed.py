"""No file that is read can run code, or write elsewhere: no pickle, no unsafe YAML, no blind unpacking.

Ruff's rules of flake8-bandit (S301 pickle, S202 archives, S307 eval, S506 YAML) hold most of it, as long as
nobody silences them; it has no rule for torch.load and its like.
"""

import ast
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[1] / "src").rglob("*.py"))
FORBIDDEN = {
    "eval", "exec", "compile", "os.system", "os.popen",
    "pickle.load", "pickle.loads", "pickle.Unpickler", "dill.load", "cloudpickle.load", "joblib.load",
    "shelve.open", "marshal.load", "marshal.loads", "pd.read_pickle", "pandas.read_pickle",
    "yaml.load", "yaml.unsafe_load", "yaml.full_load", "torch.hub.load", "torch.package.PackageImporter",
    "shutil.unpack_archive", "tarfile.open", "tarfile.TarFile", "zipfile.ZipFile",
}  # fmt: skip
# the only room that opens archives, and writes each member itself (tests/images/folder/archives)
UNPACKS = {"archives/kinds.py", "archives/members.py"}
RULES = ("S301", "S302", "S202", "S307", "S506", "S102", "S602", "S604", "S605")


def dangers(code: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name, options = ast.unparse(node.func), {each.arg: ast.unparse(each.value) for each in node.keywords}
        if name in FORBIDDEN or name.endswith((".extractall", ".extract_all")):
            found.append(name)
        if name == "torch.load" and options.get("weights_only") != "True":
            found.append("torch.load without weights_only=True")
        if options.get("allow_pickle", "False") != "False" or options.get("shell", "False") != "False":
            found.append(f"{name} with {options}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_call_of_the_package_does(path):
    code = path.read_text(encoding="utf-8")

    found = dangers(code)
    if "/".join(path.parts[-2:]) in UNPACKS:
        found = [name for name in found if name not in {"tarfile.open", "zipfile.ZipFile"}]
    assert found == []
    assert not [rule for rule in RULES if f"noqa: {rule}" in code]


@pytest.mark.parametrize(
    "code",
    [
        "pickle.load(file)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "archive.extractall(folder)",
        "subprocess.run('rm', shell=True)",
        "yaml.load(text, Loader=yaml.Loader)",
    ],
)
def test_what_would_is_found(code):
    assert len(dangers(code)) == 1
