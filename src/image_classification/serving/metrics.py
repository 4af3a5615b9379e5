"""What the server counts, in the format of Prometheus."""

from typing import Any

from image_classification.errors import UserError


def require_libraries() -> None:
    """Require what the extra `serve` installs.

    Raises:
        UserError: it is missing.
    """
    try:
        import fastapi  # noqa: F401, PLC0415
        import prometheus_client  # noqa: F401, PLC0415
        import python_multipart  # noqa: F401, PLC0415
        import uvicorn  # noqa: F401, PLC0415
    except ImportError as error:
        raise UserError(
            f"To serve a network takes the library {error.name}, which is not installed: "
            "pip install -e '.[serve]'"
        ) from error


class Numbers:
    """The numbers of one server; each has its own, as there may be several in a process.

    Attributes:
        cut_off: how many requests the end of the server cut off, which nobody asks any more.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415

        self.cut_off = 0
        self._registry = registry = CollectorRegistry()
        prefix = "image_classification"
        self.requests = Counter(
            f"{prefix}_requests", "Requests by path and status.", ["path", "status"], registry=registry
        )
        self.seconds = Histogram(
            f"{prefix}_request_seconds",
            "Seconds from the first byte of a request to the end of its answer.",
            ["path"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=registry,
        )
        self.images = Counter(
            f"{prefix}_images", "Images: answered, unsure, unreadable.", ["outcome"], registry=registry
        )
        self.batch = Histogram(
            f"{prefix}_batch_images",
            "Images that the network saw at once.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=registry,
        )
        self.under_way: Any = Gauge(
            f"{prefix}_requests_under_way", "Requests that arrive, wait or are answered.", registry=registry
        )
        self.waiting: Any = Gauge(
            f"{prefix}_images_waiting", "Images that wait for the network.", registry=registry
        )

    def written(self) -> tuple[bytes, str]:
        """Return all numbers as text, and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

        return generate_latest(self._registry), CONTENT_TYPE_LATEST
