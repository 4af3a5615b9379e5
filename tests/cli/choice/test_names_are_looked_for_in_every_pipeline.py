"""Names that the default pipeline does not have: the pipeline that has them is run, or named."""

import pytest
from kedro.framework.project import pipelines

from image_classification.cli.choice.selection import pipeline_with, selection_message


def options(**named):
    return {"pipelines": []} | named


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"to_nodes": ["image_folder.audit_images"]}, "image_folder"),
        (
            {"from_nodes": ["image_folder.split_images"], "to_outputs": ["image_folder.train_set"]},
            "image_folder",
        ),
        ({"to_nodes": ["image_folder.audit_images", "modelling.train_network"]}, "folder_training"),
        ({"to_outputs": ["classifications"]}, "inference"),
        ({"node_names": ["comparison.rank_runs"]}, "comparison"),
        ({"namespaces": ["image_folder"]}, "image_folder"),
        ({"to_nodes": ["image_folder.audit_images", "mnist.split_images"]}, None),
        ({"to_nodes": ["it's nowhere"]}, None),
    ],
)
def test_the_smallest_that_has_all_of_them(project, named, expected):
    if "node_names" in named:
        named = {"node_names": [sorted(node.name for node in pipelines["comparison"].nodes)[0]]}
    assert pipeline_with(options(**named)) == expected


def test_every_name_that_kedro_viz_shows_a_command_for_is_found(project):
    pipelines.set_requested(None)
    for pipeline in list(pipelines.values()):
        for node in pipeline.nodes:
            assert pipeline_with(options(to_nodes=[node.name])), node.name
        for dataset in pipeline.all_outputs():
            assert pipeline_with(options(to_outputs=[dataset])), dataset


def test_another_pipeline_than_the_one_that_was_named_is_offered_as_a_command(project):
    message = selection_message(
        {"pipelines": ["training"], "to_nodes": ["image_folder.audit_images"]},
        ["run", "--pipeline", "training", "--to-nodes", "image_folder.audit_images", "--params", "a=[1, 2]"],
    )

    assert message == (
        "The pipeline has no nodes image_folder.audit_images; the pipeline image_folder has: "
        "kedro run --to-nodes image_folder.audit_images --params 'a=[1, 2]' --pipeline image_folder"
    )


@pytest.mark.parametrize("name", ["it's", 'say "no"', "a]b", "[a", "x'y\"z", "{}", "täg"])
def test_names_with_quotes_and_brackets_are_said_as_they_are(project, name):
    for kind, option in (("nodes", "from_nodes"), ("datasets", "to_outputs"), ("namespaces", "namespaces")):
        message = selection_message(options(**{option: [name]}), ["run"])
        assert message.startswith(f"The pipeline has no {kind} {name}")

    assert selection_message({"pipelines": [name]}, ["run"]).startswith(f"There is no pipeline {name!r}")


def test_nothing_is_wrong_with_names_that_are_there(project):
    assert (
        selection_message(options(to_nodes=["modelling.train_network"], to_outputs=["metrics"]), []) is None
    )
