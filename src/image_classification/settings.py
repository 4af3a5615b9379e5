"""What Kedro is told about this project: https://docs.kedro.org/en/stable/configure/configuration_basics/"""

from image_classification.config_loader import LayeredConfigLoader
from image_classification.hooks.checks import InputsHook, ParametersHook
from image_classification.hooks.one_writer import OneWriterHook
from image_classification.hooks.origins import OriginsHook
from image_classification.hooks.own_files import FilesHook
from image_classification.hooks.results import ResultsHook
from image_classification.hooks.several_trainings import SeveralTrainingsHook
from image_classification.hooks.studies import StudiesHook
from image_classification.hooks.summary import SummaryHook
from image_classification.hooks.workers import WorkersHook
from image_classification.tracking.hook import TrackingHook

CONFIG_LOADER_CLASS = LayeredConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"mlflow": ["mlflow*"], "airflow": ["airflow*"]},
    # a recipe that sets one nested parameter leaves its neighbours as they are
    "merge_strategy": {"parameters": "soft", "mlflow": "soft", "airflow": "soft"},
}

# Hooks run from the last to the first. The checks come before tracking opens a run, because Kedro tells no
# hook of an error that another one raises before the start. Where results go is looked at before inputs are
# fetched, which may take hours. The summary comes after tracking closed the run.
HOOKS = (
    SummaryHook(),
    StudiesHook(),
    TrackingHook(),
    OriginsHook(),
    InputsHook(),
    ResultsHook(),
    SeveralTrainingsHook(),
    FilesHook(),
    OneWriterHook(),
    ParametersHook(),
    WorkersHook(),
)
