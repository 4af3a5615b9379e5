"""What is typed for an option that takes text arrives whole; other options get what YAML reads."""

import pytest

from image_classification.cli.explanations import CommandError
from image_classification.cli.params import parse_params
from image_classification.parameters.root import validate_parameters

TEXTS = [
    *("/x/Fotos #2", "#2", "a: b", "a:", "2024", "012", "0x1f", "1e3", "1_000", "1.5", "2026-11-27", "1:4"),
    *("12:30:45", "yes", "No", "on", "true", "~", "null", ".inf", "&a", "*a/*.jpg", "!a", "!!str a", "%a"),
    *("@a", "|", ">a", "[a]", "[ab]*/x.jpg", "{a}", "-", "- a", "--- a", "? a", "`a", "a 'b, c' d", "=a"),
    *("a=b", "ends ", "C:\\x\\new"),
]
PATHS = ["image_folder.path", "inference.images", "data_folder", "hugging_face.path", "remote.results"]


def parsed(text, key):
    found = parse_params(None, None, text)
    for part in key.split("."):
        found = found[part]
    return found


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("key", PATHS)
def test_a_text_arrives_whole(text, key):
    assert parsed(f"{key}={text}", key) == text
    assert parsed(f"modelling.seed=3,{key}= {text}", key) == text


@pytest.mark.parametrize("text", [text for text in TEXTS if not text.endswith(" ")])
def test_in_the_middle_too(text):
    given = f"idx.path={text},modelling.seed=1"
    assert parse_params(None, None, given) == {"idx": {"path": text}, "modelling": {"seed": 1}}


@pytest.mark.parametrize(
    "text", ["/x #2, y", "2024", "'", '"', "it's, so", "[a", "a ", " a", "\\", "a\\", '\\"']
)
def test_quotes_say_where_it_ends(text):
    single = text.replace("'", "''")
    double = text.replace("\\", "\\\\").replace('"', '\\"')
    for quoted in (f"'{single}'", f'"{double}"'):
        assert parsed(f"image_folder.path={quoted} ,modelling.seed=1", "image_folder.path") == text


@pytest.mark.parametrize(
    ("key", "typed", "expected"),
    [
        ("modelling.loss.distillation.teacher", "null", None),
        ("modelling.loss.distillation.teacher", "", None),
        ("modelling.loss.distillation.teacher", "#1", "#1"),
        ("reporting.model_card.licence", "&a", "&a"),
        ("image_folder.path", "", ""),
        ("image_folder.splits.train", "[a, b]", ["a", "b"]),
        ("image_folder.splits.train", "- a", "- a"),
        ("image_folder.splits.train", "2024", "2024"),
        ("modelling.training.distributed.nodes", "2", 2),
        ("modelling.training.distributed.nodes", "1:4", "1:4"),
        ("idx.checksums.012", "345", "345"),
        ("idx.class_names", "[a, 'b, c']", ["a", "b, c"]),
        ("modelling.seed", "12 ", 12),
        ("modelling.training.resume", "yes", True),
        ("image_folder.images.size", "[12, 16]", [12, 16]),
        ("no.such.option", "2024", 2024),
    ],
)
def test_the_declared_type_decides(key, typed, expected):
    found = parsed(f"{key}={typed}", key)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("text", ["012", "a: b", "yes"])
def test_it_is_the_text_that_is_validated(text):
    given = parse_params(None, None, f"image_folder.path={text},image_folder.table.label={text}")
    options = validate_parameters(given).image_folder
    assert (options.path, options.table.label) == (text, text)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "image_folder.path=/a, neu",
            r"""neu: expected key=value.*\n.*quotes.*folder\.path="…, …"'""",
        ),
        ("neu", r"""expected key=value.*\n.*quotes.*path="…, …\""""),
        ("image_folder.path=/a/[b", r"a \] is missing at the end.*\n.*quotes"),
        ("image_folder.path=/a 'b", r"a ' is missing at the end.*\n.*quotes"),
        ("image_folder.path='a' b", r"begins with a quote and does not end with it"),
        ("image_folder.path='a' #'b'", r"begins with a quote and does not end with it"),
        ("image_folder.path=/a ,modelling.seed=1", r"the space at its end.*\n.*path='/a '"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_quotes_that_decide(given, message):
    with pytest.raises(CommandError, match=message):
        parse_params(None, None, given)
