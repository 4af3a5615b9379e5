"""The table, the JSON and the README hold what was measured."""

import json

import pytest
from tests.benchmarks.benchmark import compared, not_measured
from tests.benchmarks.machine import Machine
from tests.benchmarks.report import (
    BEGINNING,
    END,
    MarkersMissingError,
    check_markers,
    table,
    write_json,
    write_readme,
)

MACHINE = Machine("A processor", 2, 2, 8 * 1024**3, "3.11.7", "2.15.0", "Linux")
ROWS = [
    compared("one", "this", "that", "s", (1.0, 2.0, 4.0), (10.0, 10.0), at_least=4.5, notes=("A note.",)),
    compared("two", "small", "big", "MB", (0.01234,), (1234.5,), at_most=1.1),
    not_measured("three", "three cannot run: no data"),
]


def test_the_table_shows_medians_rounds_ratio_and_target():
    lines = table(ROWS, MACHINE, "today", quick=False).splitlines()
    assert lines[2] == "| this | 2.00 s (3) | 10.0 s (2): that | 5.00× | ≥ 4.5× | yes |"
    assert lines[3] == "| small | 0.0123 MB (1) | 1,234 MB (1): big | 0.00× | ≤ 1.10× | yes |"
    assert lines[4] == "| `three` | — | — | — | — | not measured |"
    assert lines[6:8] == ["- A note.", "- three cannot run: no data"]
    assert "today on A processor, 2 cores (2 threads), 8 GiB of memory" in lines[-1]


def test_a_missed_target_stands_out():
    row = compared("one", "this", "that", "s", (2.0,), (3.0,), at_least=2)
    assert "| 1.50× | ≥ 2× | **no** |" in table([row], MACHINE, "today", quick=False)


def test_a_quick_look_says_so():
    assert "bench-quick" in table(ROWS, MACHINE, "today", quick=True)


def test_the_file_holds_every_measurement(tmp_path):
    path = tmp_path / "new" / "benchmarks.json"
    write_json(path, ROWS, MACHINE, "today", quick=False)
    written = json.loads(path.read_text())
    assert written["machine"]["cpu"] == "A processor"
    assert written["rows"][0]["ours"] == [1.0, 2.0, 4.0]
    assert written["rows"][0]["median_ours"] == 2.0
    assert written["rows"][2]["ratio"] is None
    assert [each.name for each in path.parent.iterdir()] == ["benchmarks.json"]


def test_the_readme_keeps_all_but_the_block(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{BEGINNING}\nold\n{END}\n\nafter\n")
    write_readme(readme, "new table\n")
    write_readme(readme, "newer table\n")
    assert readme.read_text() == f"before\n\n{BEGINNING}\n\nnewer table\n\n{END}\n\nafter\n"


@pytest.mark.parametrize("text", ["nothing", BEGINNING, f"{END}\n{BEGINNING}", f"{BEGINNING}{END}{END}"])
def test_a_readme_without_a_place_is_an_error(tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(MarkersMissingError, match="no place for the table"):
        check_markers(readme)
