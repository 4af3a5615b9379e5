"""The ways in which pictures are made to fit."""

from typing import Literal

ResizeMode = Literal["stretch", "crop", "letterbox"]
# how pixels between pixels are found
Interpolation = Literal["bilinear", "bicubic"]
