"""Features of images on the disk, so that the next head on the same body costs seconds."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from image_classification.errors import UserError
from image_classification.files import replacing

# what is more is removed, those that were used longest ago first
LARGEST = 4 * 1024**3  # bytes of all files together
MOST = 64  # files


class FeatureCache:
    """A folder with a file per set of images and body. What cannot be read is taken for absent.

    Args:
        path: of the folder, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, key: str) -> Tensor | None:
        """Return the features of this key, (N, ...) float32; None if there are none, or they are damaged."""
        path = self._file(key)
        try:
            with safe_open(path, framework="pt") as file:
                features: Tensor = file.get_tensor("features")
                expected = (file.metadata() or {}).get("sha256")
        except Exception:  # what a damaged file leads to is of every kind
            return None
        if _digest(features) != expected:
            return None
        with suppress(OSError):
            os.utime(path)
        return features

    def put(self, key: str, features: Tensor) -> None:
        """Keep features, (N, ...) float32; where there is no room they will be computed again."""
        features = features.contiguous()
        if features.nbytes > LARGEST:
            return
        try:
            with replacing(self._file(key), features.nbytes, survives_power_cut=False) as temporary:
                save_file({"features": features}, temporary, metadata={"sha256": _digest(features)})
            self._remove_old()
        except (OSError, UserError):
            return

    def _file(self, key: str) -> Path:
        return self.path / f"{key}.safetensors"

    def _remove_old(self) -> None:
        files = sorted(self.path.glob("*.safetensors"), key=lambda file: file.stat().st_mtime, reverse=True)
        total = 0
        for number, file in enumerate(files):
            total += file.stat().st_size
            if number >= MOST or (number and total > LARGEST):
                file.unlink(missing_ok=True)


def _digest(features: Tensor) -> str:
    return sha256(features.numpy().tobytes() if features.numel() else b"").hexdigest()
