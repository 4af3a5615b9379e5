"""What is kept of a training beside its network, so that a report tells the truth whenever it is written."""

import hashlib
from typing import TypedDict

import torch
from torch import nn


class TrainingRecord(TypedDict):
    """Facts about one training.

    finished: Local time, ISO 8601.
    command: What was typed, quoted for a shell.
    git: Of the project: commit, branch, dirty ("true" if files differed from the commit); empty without git.
    environment: Versions, platform, device, by name.
    parameters: Every parameter that was used, by its dotted name, as text.
    run_id: Of the run in MLflow, None if nothing was recorded.
    weights_digest: Of the trained network, as `weights_digest` has it.
    """

    finished: str
    command: str
    git: dict[str, str]
    environment: dict[str, str]
    parameters: dict[str, str]
    run_id: str | None
    weights_digest: str


def weights_digest(network: nn.Module) -> str:
    """Digest (sha256, hexadecimal) of all weights and buffers with their names."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        values = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\0".encode())
        digest.update(values.view(-1).view(torch.uint8).numpy() if values.numel() else b"")
    return digest.hexdigest()
