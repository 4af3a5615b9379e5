"""What is wrong with a command, as a person who typed it reads it."""

import click

WRONG_COMMAND = 2  # what Click reports of wrong options


class CommandError(click.ClickException):
    """The command itself is wrong: a message, no traceback, and the exit code of wrong options."""

    exit_code = WRONG_COMMAND
