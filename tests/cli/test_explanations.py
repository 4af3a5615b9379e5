"""Which errors are messages to a person."""

from image_classification.cli.explanations import short_traceback, user_message
from image_classification.errors import UserError


def raised(error, cause=None):
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_user_error_is_found_behind_the_errors_that_it_caused():
    inner = UserError("The file is broken.\nGet another one.")
    middle = raised(ValueError("Failed while loading"), inner)
    assert (
        user_message(raised(RuntimeError("Node failed"), middle)) == "The file is broken.\nGet another one."
    )


def test_a_defect_while_a_user_error_is_handled_is_a_defect():
    try:
        try:
            raise UserError("expected and handled")
        except UserError:
            raise KeyError("a defect of the handling")  # noqa: B904
    except KeyError as error:
        assert user_message(error) is None


class _RemoteTraceback(Exception):  # noqa: N818  (the name that the standard library gives it)
    pass


def test_a_user_error_that_a_child_process_tells_of_as_text_is_found():
    text = (
        '\n"""\nTraceback (most recent call last):\n  File "x.py", line 1, in load\n'
        "image_classification.errors.UserError: The file is broken.\nGet another one.\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\nkedro.io.core.DatasetError: Failed\n"""'
    )
    assert (
        user_message(raised(ValueError("Failed"), _RemoteTraceback(text)))
        == "The file is broken.\nGet another one."
    )


def test_an_error_of_our_own_code_keeps_all_its_frames():
    assert "in raised" in short_traceback(raised(ZeroDivisionError("no")))
