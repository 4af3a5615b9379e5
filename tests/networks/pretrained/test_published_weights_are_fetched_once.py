"""Published weights come from the caches of the machine, into which they are fetched once."""

import hashlib
import os
import subprocess
import sys
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import save

from image_classification.errors import UserError
from image_classification.networks.family import build_body
from image_classification.networks.first_weights import PretrainedWeights
from image_classification.networks.pretrained.fetching import from_address

MODEL = "resnet10t.c3_in1k"
REPOSITORY = f"/timm/{MODEL}/resolve/main/"


class Hub(BaseHTTPRequestHandler):
    """As much of a hub as a download needs; what is asked for is remembered."""

    def __init__(self, files, asked, *arguments):
        self.files, self.asked = files, asked
        super().__init__(*arguments)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.asked.append((self.command, self.path))
        content = self.files.get(self.path)
        self.send_response(404 if content is None else 200)
        if content is None:
            self.send_header("X-Error-Code", "EntryNotFound")
        else:
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if content and self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch):
    """Start a hub: the address, its files by path, and what it was asked for."""
    # another test, or the machine, may have named a proxy for all addresses
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    files, asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, files, asked))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", files, asked
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def weights():
    torch.manual_seed(3)
    return timm.create_model(MODEL.split(".", maxsplit=1)[0]).state_dict()


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Call it to set what HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE say when the library is imported."""

    def set_all(address, *, offline=False):
        template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)

    return set_all


def built():
    return build_body("timm", (3, 32, 32), 2, model=MODEL, weights="pretrained")


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_they_are_fetched_once_and_then_need_no_network(name, hub, weights, settings, tmp_path, capsys):
    address, files, asked = hub
    if name.endswith("bin"):
        torch.save(weights, tmp_path / name)
        content = (tmp_path / name).read_bytes()
    else:
        content = save(weights)
    files[REPOSITORY + name] = content
    settings(address)
    first = built()
    assert f"Fetching the weights of {MODEL} from" in capsys.readouterr().out.replace("\n", " ")
    assert first.pretrained == PretrainedWeights(
        name=MODEL,
        source=f"{address}{REPOSITORY}{name}",
        sha256=hashlib.sha256(content).hexdigest(),
        licence="apache-2.0",
    )
    assert torch.equal(first.features.conv1[0].weight, weights["conv1.0.weight"])

    asked.clear()
    settings(address, offline=True)
    assert built().pretrained == first.pretrained
    assert not asked
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("offline", [False, True])
def test_without_a_network_one_message_says_what_to_do(offline, settings, tmp_path):
    settings("http://127.0.0.1:9", offline=offline)
    with pytest.raises(UserError) as refused:
        built()
    message = str(refused.value)
    assert f"The weights of {MODEL} are not on this machine ({tmp_path}/cache) and cannot be" in message
    assert f"http://127.0.0.1:9{REPOSITORY}model.safetensors" in message
    assert ("HF_HUB_OFFLINE says" in message) == offline
    assert "weights='<file>'" in message
    assert "take a network that needs none" in message


def test_a_hub_that_has_them_not_is_said(hub, settings):
    settings(hub[0])
    with pytest.raises(UserError, match=r"has no file model\.safetensors or pytorch_model\.bin"):
        built()


@pytest.mark.slow
def test_the_variables_of_the_hub_are_heeded(hub, weights, tmp_path):
    address, files, _ = hub
    files[f"{REPOSITORY}model.safetensors"] = save(weights)
    program = (
        "from image_classification.networks.family import build_body;"
        f"build_body('timm', (3, 32, 32), 2, model='{MODEL}')"
    )
    environment = os.environ | {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert list((tmp_path / "hub").rglob("model.safetensors"))


@pytest.fixture
def torch_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def test_those_of_torchvision_are_in_the_cache_of_torch(hub, torch_home):
    address, files, asked = hub
    digest = hashlib.sha256(b"weights").hexdigest()
    files[f"/models/small-{digest[:8]}.pth"] = b"weights"
    for _ in range(2):
        path = from_address(f"{address}/models/small-{digest[:8]}.pth", "small", "Or not.")
        assert path.read_bytes() == b"weights"
        assert path == torch_home / f"small-{digest[:8]}.pth"
    assert len(asked) == 1


@pytest.mark.parametrize("fault", ["absent", "other content"])
def test_what_cannot_be_fetched_leaves_no_file(fault, hub, torch_home):
    address, files, _ = hub
    if fault == "other content":
        files["/small-12345678.pth"] = b"not these"
    with pytest.raises(UserError, match=r"(?s)weights of small are not on this machine .*Or not\."):
        from_address(f"{address}/small-12345678.pth", "small", "Or not.")
    assert not list(torch_home.glob("*"))
