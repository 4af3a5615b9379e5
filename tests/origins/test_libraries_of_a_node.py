"""The libraries of a node are called and told the same, whatever else a session has imported."""

import sys
from types import SimpleNamespace

import pytest

from image_classification.origins import code


@pytest.mark.parametrize("root", ["PIL", "sklearn", "yaml", "numpy", "torch", "jinja2"])
def test_a_library_is_called_as_it_is_imported(package, monkeypatch, root):
    step = package(steps=f"def step():\n    import {root}\n    return {root}")("steps").step
    code._version.cache_clear()
    before = code.code_of(step).libraries
    assert before.keys() == {root, "python"}

    monkeypatch.setitem(sys.modules, root, SimpleNamespace(__version__="0"))
    code._version.cache_clear()
    assert code.code_of(step).libraries == before


def test_a_package_of_several_distributions_is_told_by_all_of_them(package, monkeypatch):
    step = package(steps="def step():\n    import shared_space.part")("steps").step
    found = [(code.metadata.distribution(name), {"shared_space"}) for name in ("torch", "numpy", "numpy")]
    monkeypatch.setattr(code, "_installed", lambda: found)
    versions = [code.metadata.version(name) for name in ("numpy", "torch")]
    assert code.code_of(step).libraries["shared_space"] == "numpy {}, torch {}".format(*versions)
    code._version.cache_clear()
