"""The pipeline for the images that parameters name by a path, in `--params` or in the files of conf/."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kedro.config import AbstractConfigLoader
from kedro.framework.project import pipelines, settings

from image_classification.cli.choice.selection import DEFAULT
from image_classification.cli.explanations import CommandError
from image_classification.config_loader import LayeredConfigLoader
from image_classification.words import some

_PARTS = (
    *("training", "modelling", "reporting", "export"),
    *("cross_validation", "stability", "search", "label_review"),
)
_OF_MNIST = {DEFAULT: "training"} | {name: name for name in _PARTS}
_PATH = "path"
# files without such a line name no images: to read them all as Kedro does takes 50 ms, to look for it 2 ms
_NAMES_SOME = re.compile(r"""^(?!\s*\#).*\bpath["']?\s*:(?!\s*(?:""|''|null\b|~))""", re.MULTILINE)


class Meant(NamedTuple):
    """A pipeline, and why it is meant where another one was asked for: the words that begin a sentence."""

    pipeline: str
    why: str = ""

    def instead_of(self, asked: str) -> str:
        """Say that this pipeline is run, and not the one that was asked for."""
        shown = _OF_MNIST.get(asked, asked)
        return f"{self.why}, and {shown} is about MNIST: running the pipeline {self.pipeline}."


class _Named(NamedTuple):
    """A source that is given a path. layer: of the configuration; the highest is the innermost."""

    layer: int
    source: str
    origin: str


def of_named_source(
    pipeline: str, params: Mapping[str, Any], loader: Callable[[], AbstractConfigLoader] | None = None
) -> Meant:
    """Return the pipeline for the images that the parameters name, or `pipeline` if they name none.

    `training` and its parts are about MNIST; a person who names a folder as well does not mean MNIST. Of
    several places the innermost counts: `--params`, then the environment, conf/local, conf/base.

    Args:
        pipeline: that was asked for.
        params: of the command.
        loader: returns what reads the files, with these parameters above them.

    Raises:
        CommandError: one place names the images of two sources.
    """
    if pipeline not in _OF_MNIST:
        return Meant(pipeline)
    with_path = _in_files(loader) if loader else None
    with_path = _in_params(params) if with_path is None else with_path
    if not with_path:
        return Meant(pipeline)
    found = prefixes()
    known = [named for named in with_path if named.source in found]
    innermost = [named for named in known if named.layer == max(each.layer for each in known)]
    if len(innermost) > 1:
        origins = some(dict.fromkeys(named.origin for named in innermost))
        paths = " and ".join(f"{named.source}.path" for named in innermost)
        raise CommandError(f"{origins} names the images of two sources, {paths}: give one of them.")
    if not innermost:
        return Meant(pipeline)
    _, source, origin = innermost[0]
    return Meant(f"{found[source]}{_OF_MNIST[pipeline]}", f"{origin} names images by {source}.{_PATH}")


def loader_of(project: Path, options: Mapping[str, Any]) -> AbstractConfigLoader:
    """Return what reads the configuration of a command.

    Args:
        project: its folder.
        options: of the command, by the names that Click gives them.
    """
    loader: AbstractConfigLoader = settings.CONFIG_LOADER_CLASS(
        conf_source=options["conf_source"] or str(project / settings.CONF_SOURCE),
        env=options["env"] or os.environ.get("KEDRO_ENV"),
        runtime_params=options["params"] or {},
        **settings.CONFIG_LOADER_ARGS,
    )
    return loader


def prefixes() -> dict[str, str]:
    """Return the sources whose images are given by a path, each with the prefix of its pipelines' names."""
    from image_classification.images.sources import SOURCES  # noqa: PLC0415  (torch: not for `kedro --help`)

    named_by_path = {name for name, options in SOURCES.options.items() if _PATH in options.model_fields}
    pipelines.set_requested(None)
    found: dict[str, str] = {}
    for name in pipelines:
        prefix, training, rest = name.partition("_training")
        if training and not rest:
            inputs = {each.removeprefix("params:").partition(".")[0] for each in pipelines[name].inputs()}
            found |= dict.fromkeys(inputs & named_by_path, f"{prefix}_")
    return found


def _with_path(params: Mapping[str, Any]) -> list[str]:
    return [
        section
        for section, group in params.items()
        if isinstance(group, Mapping) and str(group.get(_PATH) or "").strip()
    ]


def _in_params(params: Mapping[str, Any]) -> list[_Named]:
    return [_Named(0, section, "--params") for section in _with_path(params)]


def _in_files(new_loader: Callable[[], AbstractConfigLoader]) -> list[_Named] | None:
    """Return what the files and the parameters above them name; None where no file names anything."""
    try:
        loader = new_loader()
        if not isinstance(loader, LayeredConfigLoader):
            return None
        if not any(map(_NAMES_SOME.search, loader.texts("parameters", "globals"))):
            return None
        sections = _with_path(loader["parameters"])
        places = {section: ("parameters", (section, _PATH)) for section in sections}
        return [
            _Named(loader.layer(*place), section, loader.origin(*place) or "")
            for section, place in places.items()
        ]
    except Exception:  # whatever is wrong with the configuration is told by the run
        return None
