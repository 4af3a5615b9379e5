"""People's own words in figures of Matplotlib."""


def literal(text: str, longest: int) -> str:
    """A text as it stands, its middle left out where it is long: Matplotlib would read $…$ as a formula."""
    if len(text) > longest:
        text = f"{text[: longest // 2 - 1]}…{text[-(longest // 2) :]}"
    return text.replace("$", "\\$")
