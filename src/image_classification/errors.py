"""The one kind of error that is a message to a person rather than a defect."""

from image_classification.remote.names import named


class UserError(Exception):
    """Something a person can put right: a parameter, a file, a host.

    The message says what was found, where, what was expected, and what to do next; its first line stands
    on its own, because the console prints it without the traceback (which goes to a log file).
    """

    def __str__(self) -> str:
        # what was fetched is known by its address
        return named(super().__str__())
