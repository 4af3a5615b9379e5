"""Whatever is given as parameters: a clear message, or a network, an optimizer, a schedule and a loss.

`FUZZ=thorough pytest tests/fuzz/test_parameters.py` tries ten thousand cases of each test.
"""

import json
import math
from pathlib import Path

import click
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from image_classification.cli.params import parse_params
from image_classification.config_loader import LayeredConfigLoader
from image_classification.errors import UserError
from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.losses import TrainingData, build_loss
from image_classification.learning.optimizers import build_optimizer
from image_classification.learning.schedules import build_schedule
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.parameters.known import walk
from image_classification.parameters.root import Parameters, validate_parameters
from image_classification.settings import CONFIG_LOADER_ARGS

ROOT = Path(__file__).parents[2]
PLACES = list(walk(Parameters))
LEAVES = [place for place in PLACES if not place.groups]
OF_MODELLING = [place for place in LEAVES if place.path[0] == "modelling"]

HUGE = [10**9, 10**9 + 1, 2**31, 2**63 - 1, 2**63, 10**30, 3_037_000_500]
FLOATS = [
    0.0,
    -0.0,
    1e-320,
    1e-40,
    1e-9,
    0.5,
    1.0,
    1.5,
    1e9,
    1e30,
    1e38,
    1e300,
    math.inf,
    -math.inf,
    math.nan,
]
WORDS = ["", " ", "auto", "null", "none", "yes", "1", "1e3", "NaN", "???", "${x}", "a\0b", "é", "日本", "-"]

numbers = st.one_of(
    st.integers(-3, 300),
    st.sampled_from(HUGE + [-value for value in HUGE]),
    st.sampled_from(FLOATS),
    st.floats(),
    st.integers(),
)
scalars = st.one_of(numbers, st.booleans(), st.none(), st.sampled_from(WORDS), st.text(max_size=8))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(max_size=4), st.integers(0, 3)), inner, max_size=3),
    ),
    max_leaves=6,
)


def sensible(place):
    """Values that an option may take, or nearly."""
    default = place.field.default
    likely = [st.just(default.model_dump(mode="json") if isinstance(default, BaseModel) else default)]
    if isinstance(default, bool):
        likely.append(st.booleans())
    elif isinstance(default, int | float) or default is None:
        likely += [st.integers(0, 40), st.floats(0, 1), st.sampled_from([1e-30, 1e-9, 2.0, 1e9, 1e30, 10**9])]
    elif isinstance(default, list | tuple):
        likely += [st.lists(st.integers(0, 50), max_size=3), st.lists(st.floats(0, 1), max_size=3)]
        likely.append(st.lists(st.sampled_from([1, 16, 10**4, 10**6, 10**9]), max_size=3))
    choices = getattr(place.field.annotation, "__args__", ())
    likely += [st.just(choice) for choice in choices if isinstance(choice, str)]
    return st.one_of(likely)


def put(tree, path, value):
    """Set a value in nested groups, instead of what stands in its way."""
    for part in path[:-1]:
        if not isinstance(tree.get(part), dict):
            tree[part] = {}
        tree = tree[part]
    tree[path[-1]] = value


@st.composite
def trees(draw, places=PLACES, likely=False):
    """Groups of options with values of all kinds, or with `likely` of those that are mostly taken."""
    tree = {}
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.sampled_from(places))
        put(tree, place.path, draw(sensible(place) if likely else values))
    return tree


def written(value):
    """As somebody types it, quoted badly as often as not."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@st.composite
def params_texts(draw):
    items = []
    for _ in range(draw(st.integers(1, 4))):
        path = list(draw(st.sampled_from(PLACES)).path)
        path += draw(st.lists(st.sampled_from(["0", "", "[0]", "x", "é", "name"]), max_size=2))
        if draw(st.booleans()):
            path = path[: draw(st.integers(0, len(path)))]
        equals = draw(st.sampled_from(["=", " = ", "", ":", "=="]) if draw(st.booleans()) else st.just("="))
        items.append(".".join(path) + equals + written(draw(values)))
    return draw(st.sampled_from([",", ", ", ",,"])).join(items)


def checked(raw):
    """The parameters, or None where a clear message refuses them."""
    try:
        return validate_parameters(raw)
    except UserError as error:
        assert_clear(str(error))
        return None


def assert_clear(message):
    first = message.splitlines()[0]
    assert first.strip()
    assert "Traceback" not in message
    assert "pydantic" not in message


@given(trees())
def test_a_tree_of_anything_is_validated_or_explained(tree):
    parameters = checked(tree)
    if parameters is not None:
        # what is recorded with a run, and sent to other processes
        assert checked(parameters.model_dump(mode="json")) == parameters


@given(params_texts())
def test_a_text_of_params_is_read_or_explained(text):
    try:
        params = parse_params(None, None, text)
        loader = LayeredConfigLoader(ROOT / "conf", runtime_params=params, **CONFIG_LOADER_ARGS)
        raw = loader["parameters"]
    except (UserError, click.ClickException) as error:
        assert_clear(error.message if isinstance(error, click.ClickException) else str(error))
        return
    try:
        validate_parameters(raw, lambda path: loader.origin("parameters", path))
    except UserError as error:
        assert_clear(str(error))


@given(st.text(alphabet="ab=.,[]{}'\"\\:0 \n\0é#&*!%@`|>-?~$", max_size=30))
def test_any_text_of_params_is_read_or_explained(text):
    try:
        parse_params(None, None, text)
    except click.ClickException as error:
        assert_clear(error.message)


@given(trees(OF_MODELLING, likely=True), st.sampled_from([1, 3]), st.sampled_from([1, 8, 20]))
def test_what_is_valid_can_be_built_or_is_explained(tree, channels, side):
    parameters = checked(tree)
    if parameters is None:
        return
    modelling = parameters.modelling
    try:
        build(modelling, (channels, side, side))
    except UserError as error:
        assert_clear(str(error))


def build(modelling, shape):
    """Build all that is trained with, take a step, and vary a batch, for tiny images."""
    fixed = modelling.network.normalisation
    description = NetworkDescription(
        network=modelling.network.name,
        options=modelling.network.options,
        image_shape=shape,
        class_names=("a", "b"),
        mean=(0.5,) * shape[0] if fixed == "auto" else fixed.mean,
        std=(0.5,) * shape[0] if fixed == "auto" else fixed.std,
        data_name="made up",
        index_digest="0",
    )
    network = build_classifier(description, modelling.seed)
    loss = build_loss(modelling.loss, TrainingData(("a", "b"), (3, 1), shape))
    optimizer = build_optimizer(modelling.optimizer, network.parameters())
    schedule = build_schedule(modelling.schedule, optimizer, epochs=modelling.training.epochs, updates=10)
    images = torch.randint(0, 256, (4, *shape), dtype=torch.uint8)
    labels = torch.tensor([0, 0, 1, 0])
    augment = build_augmentation(modelling.augmentation)
    if augment:
        images, labels = augment(images, labels, generator=torch.Generator().manual_seed(0), num_classes=2)
    if network.num_parameters < 10**6:
        step(network.eval(), loss, optimizer, schedule, images, labels)


def step(network, loss, optimizer, schedule, images, labels):
    def closure():
        optimizer.zero_grad()
        value = loss.while_training(network(images).float(), labels, images)
        value.backward()
        return value

    schedule.before_update()
    optimizer.step(closure)
    schedule.after_update()
    schedule.after_epoch({"train/loss": 1.0, "validation/loss": 1.0}, has_validation=True)


@pytest.mark.parametrize("place", LEAVES, ids=lambda place: ".".join(place.path))
@pytest.mark.slow
def test_every_option_alone(place):
    for value in (*HUGE, *FLOATS, *WORDS, [], {}, [[]], [None], {"a": {"b": 1}}, [10**30], [math.nan], True):
        tree = {}
        put(tree, place.path, value)
        parameters = checked(tree)
        if parameters is not None and place.path[0] == "modelling":
            try:
                build(parameters.modelling, (1, 8, 8))
            except UserError as error:
                assert_clear(str(error))
