"""Documents of a run: the report and the model card."""
