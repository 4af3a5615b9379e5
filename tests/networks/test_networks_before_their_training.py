"""A file of weights from before a training is not taken for a classifier."""

import pytest
from kedro.framework.session import KedroSession
from tests.serving.conftest import tiny_network

from image_classification import Classifier
from image_classification.cli.serve.served import Configured, network_of, serve_network
from image_classification.errors import UserError
from image_classification.networks.storage import load_classifier, load_trained, network_file, save_classifier

WHERE = {"env": None, "conf_source": None}


def save(path, is_trained):
    network = tiny_network()
    network.description = network.description.model_copy(update={"is_trained": is_trained})
    save_classifier(network, path)
    return path


@pytest.fixture
def untrained(tmp_path):
    return save(tmp_path / "network.safetensors", False)


def test_nobody_classifies_with_it(untrained):
    message = r"The network in .*network\.safetensors is not trained: it has the weights from before"
    with pytest.raises(UserError, match=message):
        load_trained(untrained)
    with pytest.raises(UserError, match=message):
        Classifier.load(untrained)
    with pytest.raises(UserError, match=message):
        serve_network(None, str(untrained), {}, {"port": 0}, WHERE, ends_process=False)
    assert load_classifier(untrained).description.is_trained is False


@pytest.mark.parametrize("is_trained", [True, None])
def test_in_a_folder_the_other_one_is_meant(untrained, is_trained):
    """Files of earlier versions do not say whether they are trained."""
    trained = save(untrained.with_name("trained_network.safetensors"), is_trained)
    assert network_file(untrained.parent) == trained
    assert network_of(str(untrained.parent), Configured(), None)[0] == trained
    assert Classifier.load(untrained.parent).class_names == tiny_network().description.class_names


def test_alone_in_its_folder_it_is_none(untrained):
    with pytest.raises(UserError, match="no trained network in the folder"):
        network_file(untrained.parent)


@pytest.mark.slow
def test_a_training_says_so(project, tiny_mnist):
    modelling = {
        "network": {"name": "feed_forward", "feed_forward": {"widths": [4]}},
        "training": {"epochs": 1},
    }
    with KedroSession.create(project, runtime_params={"modelling": modelling}) as session:
        session.run(pipeline_names=["training"], to_outputs=["trained_network"])
    folder = project / "data" / "06_models"
    assert load_classifier(folder / "network.safetensors").description.is_trained is False
    assert load_classifier(folder / "trained_network.safetensors").description.is_trained is True
    assert network_file(folder).name == "trained_network.safetensors"
