"""An interactive figure as a dataset."""

import kedro_datasets.plotly

from image_classification.io.atomic import AtomicSave


class PlotlyDataset(AtomicSave, kedro_datasets.plotly.JSONDataset):  # type: ignore[misc]
    """A figure of plotly in a JSON file, which kedro-viz draws."""
