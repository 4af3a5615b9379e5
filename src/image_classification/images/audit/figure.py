"""The picture of an audit: class balance, image sizes, and the nearest duplicates side by side.

It is made with matplotlib's object interface: pyplot keeps global state, which threads would share.
"""

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from image_classification.images.audit.audit import Audit
from image_classification.images.audit.near.near_copies import Link
from image_classification.images.store.image_dict import ImageDict
from image_classification.words import count_of, literal

_COLOURS = {"not given": "#7f7f7f", "train": "#1f77b4", "validation": "#d95f02", "test": "#2ca02c"}
_PAIRS = 4
_CLASSES = 40
_LONGEST_FILE, _LONGEST_CLASS = 48, 24


def audit_figure(audit: Audit, image_files: pd.DataFrame, images: ImageDict) -> Figure:
    """Draw what `audit_images` found in these files and images."""
    files = image_files.set_index("name").loc[images.names].reset_index()
    pairs = audit.near[:_PAIRS]
    figure = Figure(figsize=(11, 4.5 + (2.6 if pairs else 0)), layout="constrained")
    figure.suptitle(
        f"Audit of {literal(images.data_name or 'the images', 80)}: {count_of(len(files), 'image')}"
    )
    rows = figure.subfigures(2 if pairs else 1, 1, height_ratios=[4, 2.6] if pairs else None, squeeze=False)
    balance, sizes = rows[0, 0].subplots(1, 2)
    _draw_balance(balance, files)
    _draw_sizes(sizes, files, images.image_shape)
    if pairs:
        rows[1, 0].suptitle("Near duplicates, the most alike first", fontsize=10)
        panels = rows[1, 0].subplots(1, _PAIRS, squeeze=False)[0]
        for axes in panels:
            axes.set_axis_off()
        for axes, link in zip(panels, pairs, strict=False):
            _draw_pair(axes, link, files, images)
    return figure


def _draw_pair(axes: Axes, link: Link, files: pd.DataFrame, images: ImageDict) -> None:
    both = torch.cat([images.images[link.first], images.images[link.second]], dim=2)  # (C, H, 2 W)
    axes.imshow(both.permute(1, 2, 0).numpy(), cmap="gray", vmin=0, vmax=255)
    names = [literal(str(files["name"].iloc[row]), _LONGEST_FILE) for row in (link.first, link.second)]
    measure = ", ".join(filter(None, [link.change, f"correlation {link.similarity:.3f}"]))
    axes.set_title("\n".join([*names, measure]), fontsize=6)


def _draw_balance(axes: Axes, files: pd.DataFrame) -> None:
    splits = files["given_split"].replace("", "not given")
    counts = pd.crosstab(files["class_name"], splits)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    shown = counts.head(_CLASSES)
    left = np.zeros(len(shown))
    for split, colour in _COLOURS.items():
        if split in shown:
            axes.barh(range(len(shown)), shown[split], left=left, color=colour, label=split)
            left += shown[split].to_numpy()
    axes.set_yticks(
        range(len(shown)),
        [literal(str(name), _LONGEST_CLASS) for name in shown.index],
        fontsize=8 if len(shown) <= 20 else 5,
    )
    axes.invert_yaxis()
    more = f", the largest {_CLASSES} of {len(counts)} classes" if len(counts) > _CLASSES else ""
    axes.set(xlabel="images", title=f"Class balance{more}")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.13), ncols=len(_COLOURS), frameon=False)


def _draw_sizes(axes: Axes, files: pd.DataFrame, image_shape: tuple[int, int, int]) -> None:
    _, height, width = image_shape
    sizes = files.groupby(["width", "height"]).size().reset_index(name="images")
    area = 12 + 200 * sizes["images"] / sizes["images"].max()
    axes.scatter(sizes["width"], sizes["height"], s=area, alpha=0.5, label="images (larger: more)")
    axes.scatter([width], [height], marker="x", color="black", label=f"used: {width}x{height}")
    axes.set(xlabel="width in pixels", ylabel="height in pixels", title="Image sizes")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
