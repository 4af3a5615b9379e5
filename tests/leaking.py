"""Variables that decide what a project does: those of whoever runs tests, or measures, are not for it."""

LEAKING = (
    "KEDRO_ENV",
    "KEDRO_LOGGING_CONFIG",
    "MLFLOW_TRACKING_URI",
    "MLFLOW_RUN_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "MLFLOW_EXPERIMENT_ID",
    "MNIST_MIRROR",
    "IMAGE_CLASSIFICATION_REMOTE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
    "MLFLOW_S3_ENDPOINT_URL",
    "PGUSER",
    "PGPASSWORD",
    "IMAGE_CLASSIFICATION_PGPASSWORD_OPENS",
)
