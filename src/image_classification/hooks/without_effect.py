"""Options in `--params` that do nothing: of what an earlier run has made, or of a choice that is not made."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from image_classification.catalog_files import registered
from image_classification.words import some

# of a section of the parameters, which is the name of a stage too: what other pipelines take from it
_TAKEN = {"modelling": "the network as it was trained last"}
logger = logging.getLogger(__name__)


def warn_of_options_without_effect(
    run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
) -> None:
    """Warn where `--params` says something that is not used here."""
    given = run_params.get("runtime_params") or {}
    inputs = pipeline.inputs()
    taken = {name.removeprefix("params:").partition(".")[0] for name in inputs if is_parameter(name)}
    _warn_of_what_is_taken({name: given[name] for name in given.keys() - taken}, pipeline, catalog)
    if "parameters" not in catalog:
        return
    from image_classification.parameters.idle import idle_parameters  # noqa: PLC0415  (torch: not for --help)
    from image_classification.parameters.root import Parameters  # noqa: PLC0415

    of_this_run = {section: value for section, value in given.items() if section in taken}
    parameters = catalog.load("parameters")
    tried = _choices_of_a_search(parameters["search"]) if "search" in taken else set()
    for idle in idle_parameters(of_this_run, parameters, Parameters):
        if idle.choice in tried:
            continue
        logger.warning("%s in --params has no effect: %s is %s.", idle.parameter, idle.choice, idle.chosen)


def _choices_of_a_search(search: Any) -> set[str]:
    """Return what a search tries, one value after the other, by its dotted names."""
    space = search["space"] if isinstance(search, Mapping) else search.space
    return {f"modelling.{name}" for name in space}


def _warn_of_what_is_taken(given: Mapping[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Warn of sections that are about what this pipeline takes as an earlier run has made it."""
    inputs = pipeline.inputs()
    makers = {name: node for each in registered().values() for node in each.nodes for name in node.outputs}
    read = {name: makers[name] for name in inputs if name in makers}
    for section in sorted(given.keys() & {_stage(maker) for maker in read.values()}):
        names = [name for name, maker in read.items() if _stage(maker) == section]
        differences = _differences(names, makers, catalog, _named(section, given[section]))
        if differences == []:
            continue  # made with just these values
        logger.warning(
            "%s in --params has no effect here: this pipeline takes %s%s. To make %s anew: "
            "kedro run --pipeline %s",
            section,
            _TAKEN.get(section, "the images as they were prepared last"),
            f" ({some(differences, 3)})" if differences else "",
            "it" if section in _TAKEN else "them",
            "training" if section in _TAKEN else section,
        )


def _stage(node: Node) -> str:
    return (node.namespace or "").partition(".")[0]


def _named(name: str, value: Any) -> tuple[str, ...]:
    """Return the dotted names of the options that a person gave; of what is taken whole its own alone."""
    if name in _TAKEN or not isinstance(value, Mapping):
        return (name,)
    return tuple(each for key, inner in value.items() for each in _named(f"{name}.{key}", inner))


def _differences(
    names: Iterable[str], makers: Mapping[str, Node], catalog: DataCatalog, given: tuple[str, ...]
) -> list[str] | None:
    """Say which options have other values now than when datasets were made; None if nobody knows.

    Of a source those that a person has given now: the others are as the earlier command had them.
    """
    from image_classification.origins.contents import origin_of  # noqa: PLC0415
    from image_classification.origins.stale import other_values  # noqa: PLC0415
    from image_classification.origins.state import parameters_of  # noqa: PLC0415

    found = [origin for name in names if (origin := origin_of(name, catalog))]
    before = [origin_of(name, catalog) for origin in found for name in origin.lineage if name in makers]
    known = {origin.made.node: origin for origin in (*found, *before) if origin}
    if not known:
        return None
    found_ones = {
        difference
        for origin in known.values()
        for difference in other_values(origin.parameters, parameters_of(makers[origin.dataset], catalog))
    }
    is_meant = given[:1] and given[0] in _TAKEN
    return sorted(each for each in found_ones if is_meant or each.startswith(given))
