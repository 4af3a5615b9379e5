"""How the server listens, and what it takes."""

from typing import Annotated

from pydantic import Field

from image_classification.options import Section

LOCAL = "127.0.0.1"

Seconds = Annotated[float, Field(ge=0.001, le=3600.0, allow_inf_nan=False)]


class ServingOptions(Section):
    """Answering over HTTP with the network that was trained last: kedro serve."""

    host: str = Field(
        default=LOCAL,
        min_length=1,
        max_length=255,
        description="the address that it listens on; another one than 127.0.0.1 lets others in, without a "
        "password",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="the port; 0: any that is free")
    names: list[str] = Field(
        default=[],
        max_length=100,
        description="names by which browsers may call it beside localhost, such as [classifier.example.org]",
    )
    batch_size: int = Field(
        default=32, ge=1, le=4096, description="images of different requests that are classified at once"
    )
    wait_ms: float = Field(
        default=5.0,
        ge=0.0,
        le=1000.0,
        allow_inf_nan=False,
        description="milliseconds that an image waits for others that are being decoded",
    )
    largest_request_mb: float = Field(
        default=32.0, ge=0.001, le=4096.0, allow_inf_nan=False, description="megabytes of one request"
    )
    most_images: int = Field(default=64, ge=1, le=10_000, description="images of one request")
    largest_image_megapixels: float = Field(
        default=50.0,
        ge=0.0001,
        le=178.0,
        allow_inf_nan=False,
        description="millions of pixels of one image before it is resized",
    )
    timeout_s: Seconds = Field(
        default=30.0, description="seconds that a request may take to arrive, and as many to be answered"
    )
    queue: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="requests that arrive, wait or are answered at once; others are told to try again later",
    )
    stop_s: Seconds = Field(
        default=10.0, description="seconds in which requests under way are finished when the server ends"
    )
