"""What may be set about data in buckets and on servers."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from image_classification.options import Section

IN_RESULTS = "06_models/trained_network.safetensors"
"""Where the network is in a folder of results."""


class RemoteOptions(Section):
    """Paths that begin with s3://, gs://, az://, https:// and the like."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset(
        {"credentials", "check", "results", "at_once", "timeout_s"}
    )

    credentials: str = Field(
        default="",
        description="the entry of conf/local/credentials.yml that opens them; empty: the one that is called "
        "like the protocol, such as s3, else what its library finds by itself (AWS_ACCESS_KEY_ID, ~/.aws)",
    )
    check: Literal["always", "if_reachable", "never"] = Field(
        default="if_reachable",
        description="whether a run looks for what is new there: always stops where nobody answers; "
        "if_reachable takes the copy of before then, with a warning; never takes the copy, and asks nobody",
    )
    results: str = Field(
        default="",
        description="a folder in a bucket, such as s3://<bucket>/runs, to which the results of a run "
        "(06_models, 07_model_output, 08_reporting) are copied at its end; empty: none",
    )
    at_once: Annotated[int, Field(ge=1, le=256)] = Field(
        default=16, description="files that are fetched at the same time"
    )
    timeout_s: Annotated[float, Field(ge=0.1, le=86_400)] = Field(
        default=30.0,
        description="seconds without any progress until a server is taken for one that does not answer",
    )
