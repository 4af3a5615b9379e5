"""Each training that has FINISHED becomes a version, as mlflow.yml says; no other does."""

import json

import pytest
from mlflow.exceptions import MlflowException

from image_classification.errors import UserError
from image_classification.networks.storage import load_classifier
from image_classification.tracking.references import local_network


def test_versions_of_one_name(trainings):
    runs = [trainings.train(right) for right in (150, 160)]

    versions = [trainings.register(run_id) for run_id in runs]

    assert [(each.name, str(each.version), each.run_id) for each in versions] == [
        ("pets", "1", runs[0]),
        ("pets", "2", runs[1]),
    ]
    assert str(trainings.register(runs[0]).version) == "1"  # it is registered already
    logged = trainings.client.get_logged_model(versions[1].source.removeprefix("models:/"))
    assert json.loads(logged.tags["mlflow.modelVersions"]) == [
        {"name": "pets", "version": versions[1].version}
    ]


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        ("pets", "auto", "pets"),
        ("my photos: cats/dogs", "auto", "my-photos-cats-dogs"),
        ("Käse", "auto", "Käse"),
        ("pets", "mine 'n' yours", "mine 'n' yours"),
    ],
)
def test_names(trainings, data, name, expected):
    first, second = (trainings.register(trainings.train(data=data), name) for _ in range(2))

    assert (first.name, str(first.version), str(second.version)) == (expected, "1", "2")


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"status": "FAILED"}, "is FAILED, and only what is FINISHED"),
        ({"status": "KILLED"}, "is KILLED, and only what is FINISHED"),
        ({"status": "RUNNING"}, "is RUNNING, and only what is FINISHED"),
        ({"model": None}, "no whole model"),
        ({"model": "FAILED"}, "no whole model"),
    ],
)
def test_what_is_not_whole_is_not_registered(trainings, about, reason):
    run_id = trainings.train(**about)

    with pytest.raises(UserError, match=reason):
        trainings.register(run_id)

    assert not trainings.client.search_registered_models()


@pytest.mark.parametrize("name", ["a/b", "a:b", "", " a", "a@b", "x" * 201])
def test_names_that_no_registry_takes_are_refused_at_the_start(tracked_project, name):
    tracked_project.configure(f"registry: {{name: '{name}'}}")

    with pytest.raises(UserError, match=r"conf/local/mlflow.yml: registry.name is"):
        tracked_project.run()
    assert tracked_project.runs() == []


def test_a_wrong_key_and_alias_are_named(tracked_project):
    tracked_project.configure("registry: {promotes: never, alias: v2}")

    with pytest.raises(UserError) as refused:
        tracked_project.run()

    text = str(refused.value)
    assert "there is no key registry.promotes; did you mean promote? The keys of registry are: name," in text
    assert "registry.alias is 'v2'" in text


def test_a_run_is_registered_as_it_is_set(tracked_project):
    tracked_project.configure("registry: {name: auto, promote: force}")

    tracked_project.run()

    run = tracked_project.last_run()
    assert tracked_project.last_info().registered.startswith(
        "digits version 1, which is the champion now (it was forced"
    )
    assert run.data.tags["registered"].startswith("digits version 1: became the champion at 20")
    assert run.data.tags["registered"].endswith("on record)")
    (version,) = tracked_project.client.search_model_versions("name = 'digits'")
    assert version.run_id == run.info.run_id
    assert version.tags["index_digest"] == "0123456789abcdef" * 4


@pytest.mark.parametrize("then", ["raise", "raise user error"])
def test_a_run_that_fails_registers_nothing(tracked_project, then):
    tracked_project.configure("registry: {name: auto}")

    with pytest.raises(Exception, match=r"number|cuda"):
        tracked_project.run(then=then)

    assert tracked_project.last_run().info.status == "FAILED"
    assert not tracked_project.client.search_registered_models()


def test_nothing_is_registered_unless_it_is_asked_for(tracked_project):
    tracked_project.run()

    assert tracked_project.last_info().registered == ""
    assert not tracked_project.client.search_registered_models()


def test_a_registry_that_fails_costs_nothing_of_the_run(tracked_project, caplog):
    tracked_project.client.create_registered_model("digits")
    tracked_project.configure("registry: {name: digits}")
    # a version without a run, as other programs register them, is the champion
    tracked_project.client.create_model_version("digits", "file:///nowhere")
    tracked_project.client.set_registered_model_alias("digits", "champion", "1")

    tracked_project.run()

    assert tracked_project.last_run().info.status == "FINISHED"
    assert "champion stays version 1 (" in tracked_project.last_info().registered
    with pytest.raises(MlflowException):
        tracked_project.client.get_model_version("digits", "3")


@pytest.mark.slow
def test_a_training_on_the_tiny_mnist_is_found_as_champion(project, tiny_mnist, run_registered, capsys):
    line, settings = run_registered(project)

    assert line == "mnist version 1, which is the champion now (there was no champion before)"
    assert "registered as" in capsys.readouterr().out
    found = local_network("models:/mnist@champion", settings, project)
    assert (found.name, found.version, found.aliases) == ("mnist", "1", ("champion",))
    assert load_classifier(found.path).description.data_name == "mnist"
