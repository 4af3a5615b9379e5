"""kedro-viz shows the layers of every pipeline: it finds an order of them, pipelines closed or open."""

from kedro.framework.project import pipelines
from kedro_viz.data_access.managers import DataAccessManager
from kedro_viz.integrations.kedro.data_loader import load_data
from kedro_viz.server import populate_data


def layers_without_order(project) -> dict[str, set[str]]:
    """Return the layers in each pipeline that kedro-viz finds no order of."""
    catalog, of_project, extras = load_data(project)
    shown = DataAccessManager()
    populate_data(shown, catalog, of_project, extras)
    found = {}
    for name in of_project:
        # closed, a pipeline is one node, through which all that it reads leads to all that it makes
        shown.create_modular_pipelines_tree_for_registered_pipeline(name)
        if not shown.get_sorted_layers_for_registered_pipeline(name):
            nodes = shown.nodes.as_dict()
            layers = {getattr(nodes[each], "layer", None) for each in shown.node_dependencies[name]}
            found[name] = layers - {None}
    return found


def test_of_every_pipeline(project):
    assert layers_without_order(project) == {}
    assert len(pipelines) > 30


def test_a_layer_out_of_its_place_is_found(project):
    catalog = project / "conf" / "base" / "catalog_images.yml"
    before, _, rest = catalog.read_text().partition("image_folder.split_memory_before:")
    catalog.write_text(
        f"{before}image_folder.split_memory_before:{rest.replace('layer: raw', 'layer: primary', 1)}"
    )

    assert layers_without_order(project).keys() >= {"image_folder", "folder_training"}
