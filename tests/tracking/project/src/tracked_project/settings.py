from image_classification.config_loader import LayeredConfigLoader
from image_classification.hooks.workers import WorkersHook
from image_classification.tracking.hook import TrackingHook

CONFIG_LOADER_CLASS = LayeredConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"mlflow": ["mlflow*"]},
    "merge_strategy": {"parameters": "soft", "mlflow": "soft"},
}
HOOKS = (TrackingHook(), WorkersHook())
