"""What is installed is known by its version, wherever it lies; what is worked on, by its code."""

import sys

import pytest

from image_classification.origins.source import source_of


@pytest.fixture
def folder(tmp_path, monkeypatch, request):
    """A folder that Python looks into, in which a package and a single module lie."""
    package = tmp_path / f"package_{request.node.name.partition('[')[0]}"
    package.mkdir()
    (package / "__init__.py").write_text("from . import inner\n")
    (package / "inner.py").write_text("")
    package.with_name(f"{package.name}_alone.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    return package


def modules(package):
    return [package.name, f"{package.name}.inner", f"{package.name}_alone"]


def test_what_has_its_record_beside_it_is_installed(folder):
    (folder.parent / "some_thing-1.0.dist-info").mkdir()
    assert [source_of(module) for module in modules(folder)] == [None] * 3


def test_what_has_none_is_worked_on(folder):
    assert None not in [source_of(module) for module in modules(folder)]


@pytest.mark.parametrize("module", ["", "__main__", "__main__.part", "sys", "json.decoder"])
def test_neither_a_program_nor_the_standard_library_is_the_projects(module, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)  # as where it is run as a file
    assert source_of(module) is None
