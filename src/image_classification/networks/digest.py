"""The digest of a network's weights: two networks that have the same one are the same, bit for bit."""

import hashlib

import torch
from torch import nn


def weights_digest(network: nn.Module) -> str:
    """Return the digest (sha256, hexadecimal) of all weights and buffers with their names."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        values = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\0".encode())
        digest.update(values.view(-1).view(torch.uint8).numpy() if values.numel() else b"")
    return digest.hexdigest()
