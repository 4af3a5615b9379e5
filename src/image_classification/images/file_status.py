"""What is said of a file that was looked at: it is fine, it is broken, or it is nothing to learn from."""

import pandas as pd

OK = "ok"
_UNREADABLE = "unreadable: "
_IGNORED = "ignored: "


def unreadable(reason: str) -> str:
    """The status of what should be an image and cannot be read."""
    return _UNREADABLE + " ".join(reason.split())


def ignored(reason: str) -> str:
    """The status of a file that was never meant to be learnt from."""
    return _IGNORED + reason


def reason_of(status: str) -> str:
    """Why a file is not learnt from: its status without the kind."""
    return status.removeprefix(_UNREADABLE).removeprefix(_IGNORED)


def are_unreadable(statuses: "pd.Series[str]") -> "pd.Series[bool]":
    """Tell which of the statuses speak of broken images."""
    return statuses.str.startswith(_UNREADABLE)
