"""Kedro's file datasets, written beside the target and renamed: a killed run leaves the old file whole."""

import re
import warnings
from collections.abc import Callable
from functools import wraps
from html import escape
from pathlib import Path, PurePath
from pkgutil import resolve_name
from typing import Any, ClassVar

import kedro_datasets.json
import kedro_datasets.pandas
import kedro_datasets.text
from kedro.io import AbstractVersionedDataset, DatasetError, Version
from kedro.io.core import VersionNotFoundError

from image_classification.datasets.local import HTMLPreview, once_made
from image_classification.datasets.messages import explaining, passing_user_errors
from image_classification.datasets.spreadsheet import SpreadsheetCSV
from image_classification.files import replacing
from image_classification.files.paths import is_folder

_Kind = Callable[..., AbstractVersionedDataset[Any, Any]]


class AtomicDataset(AbstractVersionedDataset[Any, Any]):
    """Hold one of Kedro's file datasets, as `CachedDataset` does, and have it save to a temporary file.

    Versions are found here; the held dataset, made anew for each path, knows none. Remote stores are left to
    themselves: there a file appears only once it is complete. A subclass names the dataset that it holds,
    `class JSONDataset(AtomicDataset, of=kedro_datasets.json.JSONDataset)`, and previews what that one does.
    What takes long to import is named by its path, and imported for the first that a catalog makes.

    Args:
        filepath: Where the file is, with the protocol of a remote store before it.
        version: As Kedro makes it of `versioned: true`.
        metadata: Left to kedro-viz and other plugins.
        options: What else the held dataset takes.
    """

    # what `of` says
    _kind: ClassVar[_Kind]
    _path: ClassVar[str | None] = None

    def __init_subclass__(cls, *, of: _Kind | str | None = None, **kwargs: Any) -> None:
        if isinstance(of, str):
            cls._path = of
        elif of is not None:
            cls._hold(of)
        super().__init_subclass__(**kwargs)

    @classmethod
    def _hold(cls, kind: _Kind) -> None:
        cls._kind, cls._path = kind, None
        if hasattr(kind, "preview"):
            cls.preview = _passing_on(kind.preview)  # type: ignore[attr-defined]

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        if self._path:
            self._hold(resolve_name(self._path))
        self._options = options
        held: Any = self._kind(filepath=filepath, version=version, **options)
        super().__init__(held._filepath, version, held._exists_function, held._glob_function)
        self._held, self._protocol = held, held._protocol
        self.metadata = metadata

    def load(self) -> Any:
        """Load through the held dataset."""
        path = self._get_load_path()
        with explaining(path, is_local=self._protocol == "file"):
            if self._protocol == "file" and is_folder(path):
                raise IsADirectoryError  # pandas takes one for a table in parts
            return self._at(path).load()

    def save(self, data: Any) -> None:
        """Save through the held dataset; a local file is replaced once that has succeeded."""
        with passing_user_errors():
            self._save_at(self._get_save_path(), data)

    def _save_at(self, path: PurePath, data: Any) -> None:
        if self._protocol != "file":
            self._at(path).save(data)
            return
        with replacing(Path(path)) as temporary:
            try:
                self._at(temporary).save(data)
            except DatasetError as error:
                # Kedro's message names the temporary file; the one that it makes of the cause names ours
                raise error.__cause__ or error from None

    def _at(self, path: PurePath) -> Any:
        """Return the held dataset for the one file at a path."""
        prefix = "" if self._protocol == "file" else f"{self._protocol}://"
        return self._kind(filepath=f"{prefix}{path.as_posix()}", **self._options)

    def _exists(self) -> bool:
        try:
            return bool(self._at(self._get_load_path()).exists())
        except VersionNotFoundError:
            return False

    def _release(self) -> None:
        super()._release()
        self._held.release()

    def _describe(self) -> dict[str, Any]:
        return {**self._held._describe(), "version": self._version}


def _passing_on(preview: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method that asks the held dataset, with its signature: kedro-viz reads what it returns."""

    @once_made
    @wraps(preview)
    def preview_of_held(self: AtomicDataset, *arguments: Any, **options: Any) -> Any:
        return self._at(self._get_load_path()).preview(*arguments, **options)

    return preview_of_held


class ParquetDataset(AtomicDataset, of=kedro_datasets.pandas.ParquetDataset):
    """A pandas table in a parquet file, with checksums that are compared when it is read."""

    def __init__(self, *, filepath: str, **options: Any) -> None:
        options["save_args"] = {"write_page_checksum": True} | (options.get("save_args") or {})
        options["load_args"] = {"page_checksum_verification": True} | (options.get("load_args") or {})
        super().__init__(filepath=filepath, **options)


class CSVDataset(AtomicDataset, of=SpreadsheetCSV):
    """A pandas table in a CSV file; an apostrophe stands before texts that spreadsheets would execute."""


class JSONDataset(AtomicDataset, of=kedro_datasets.json.JSONDataset):
    """A JSON file."""


class PlotlyDataset(AtomicDataset, of="kedro_datasets.plotly.JSONDataset"):
    """A figure of plotly in a JSON file, which kedro-viz draws."""


class MatplotlibDataset(AtomicDataset, of="kedro_datasets.matplotlib.MatplotlibDataset"):
    """A figure of Matplotlib; several, which make a folder of files, are left to Kedro."""

    def _save_at(self, path: PurePath, data: Any) -> None:
        with warnings.catch_warnings():
            # a class in Chinese is drawn as boxes: nobody can do anything about its fonts here
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            if isinstance(data, list | dict):
                self._at(path).save(data)
            else:
                super()._save_at(path, data)


class _Utf8Text(kedro_datasets.text.TextDataset):  # type: ignore[misc]
    """A text in UTF-8, whatever the machine's own encoding is."""

    DEFAULT_FS_ARGS: ClassVar[dict[str, Any]] = {
        "open_args_save": {"mode": "w", "encoding": "utf-8", "newline": "\n"},
        "open_args_load": {"mode": "r", "encoding": "utf-8"},
    }


_INVISIBLE = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_PREFORMATTED = re.compile(r"<pre\b.*?</pre\s*>", re.DOTALL | re.IGNORECASE)


class HtmlDataset(AtomicDataset, of=_Utf8Text):
    """A page. Open its file in a browser to see it whole: kedro-viz shows its text and tables."""

    @once_made
    def preview(self) -> HTMLPreview:
        """Return the page without its scripts, which kedro-viz would not run, and their megabytes."""
        return _html_preview(_INVISIBLE.sub("", self.load()))


class TextDataset(AtomicDataset, of=_Utf8Text):
    """A text, such as a file of parameters."""

    @once_made
    def preview(self) -> HTMLPreview:
        """Return the text as it stands."""
        return _html_preview(f"<pre>{escape(self.load())}</pre>")


class MarkdownDataset(AtomicDataset, of=_Utf8Text):
    """A text in Markdown."""

    @once_made
    def preview(self) -> HTMLPreview:
        """Return the text as a page."""
        # only kedro-viz needs it
        from markdown_it import MarkdownIt  # noqa: PLC0415

        return _html_preview(MarkdownIt("commonmark").enable("table").render(self.load()))


def _html_preview(html: str) -> HTMLPreview:
    """Return a page that stays what it is when kedro-viz takes it for Markdown of its own kind.

    It makes line breaks of the ends of lines, and emphasis of what stands between two _ or *: so these are
    replaced by letters that look alike.
    """
    lines = _PREFORMATTED.sub(lambda found: found[0].replace("\n", "<br>"), html)
    return HTMLPreview(" ".join(lines.split()).replace("_", "\u02cd").replace("*", "\u2217"))
