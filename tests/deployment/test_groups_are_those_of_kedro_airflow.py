"""The groups that are checked are those that `kedro airflow create` makes of a pipeline."""

import random

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro_airflow.grouping import group_memory_nodes
from tests.deployment.conftest import wired

from image_classification.deployment.groups import group_nodes
from image_classification.pipeline_registry import register_pipelines


def drawn(seed):
    """Draw a pipeline of twelve nodes, and which of its datasets are in files."""
    generator = random.Random(seed)
    nodes, known = {}, []
    for number in range(12):
        inputs = generator.sample(known, min(len(known), generator.randrange(3)))
        outputs = [f"d{number}_{each}" for each in range(generator.randint(1, 2))]
        nodes[f"n{number}"] = (" ".join([*inputs, "params:all"]), " ".join(outputs))
        known += outputs
    return wired(**nodes), [name for name in known if generator.random() < 0.7], known


@pytest.mark.parametrize("seed", range(30))
def test_of_what_hands_over_in_memory(seed, in_files):
    pipeline, files, known = drawn(seed)
    catalog = in_files(files)
    if seed % 2:  # in the catalog, and in memory nevertheless
        for name in set(known) - set(files):
            catalog[name] = MemoryDataset()

    ours, theirs = group_nodes(pipeline, catalog, "memory"), group_memory_nodes(catalog, pipeline)

    nodes_of = {group.name: frozenset(group.nodes) for group in ours}
    theirs_of = {group.name: frozenset(group.nodes) for group in theirs}
    assert {nodes_of[group.name]: {nodes_of[each] for each in group.after} for group in ours} == {
        theirs_of[group.name]: {theirs_of[each] for each in group.dependencies} for group in theirs
    }


@pytest.mark.parametrize(("by", "kedros"), [("namespace", "namespace"), ("node", None)])
@pytest.mark.parametrize("name", ["training", "folder_label_review", "inference"])
def test_of_stages_and_of_nodes_alone(name, by, kedros):
    pipeline = register_pipelines()[name]

    ours = group_nodes(pipeline, DataCatalog(), by)

    expected = [
        (each.name, set(each.nodes), set(each.dependencies)) for each in pipeline.group_nodes_by(kedros)
    ]
    assert [(each.name, set(each.nodes), set(each.after)) for each in ours] == expected
