"""Documents are written whole, in UTF-8, and have a preview."""

import inspect

import pytest

from image_classification.datasets.atomic import HtmlDataset, MarkdownDataset


@pytest.mark.parametrize("kind", [HtmlDataset, MarkdownDataset])
def test_every_letter_comes_back(tmp_path, kind):
    dataset = kind(filepath=str(tmp_path / "folder" / "document"))
    text = "Vêtement № 1 → 图像\n"

    dataset.save(text)

    assert dataset.load() == text
    assert (tmp_path / "folder" / "document").read_bytes() == text.encode("utf-8")
    assert inspect.signature(dataset.preview).return_annotation.__name__ == "HTMLPreview"


@pytest.mark.parametrize("kind", [HtmlDataset, MarkdownDataset])
def test_a_save_that_fails_leaves_the_old_document(tmp_path, kind):
    dataset = kind(filepath=str(tmp_path / "document"))
    dataset.save("old")

    with pytest.raises(Exception, match="argument must be str"):
        dataset.save(3)

    assert dataset.load() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["document"]


def test_the_preview_of_a_page_has_no_scripts(tmp_path):
    dataset = HtmlDataset(filepath=str(tmp_path / "page.html"))
    dataset.save("<head><title>t</title></head><p>kept</p><script>megabytes()</script><style>s</style>")

    assert dataset.preview() == "<p>kept</p>"


def test_the_preview_of_markdown_is_a_page(tmp_path):
    dataset = MarkdownDataset(filepath=str(tmp_path / "card.md"))
    dataset.save("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")

    assert "<h1>Title</h1>" in dataset.preview()
    assert "<td>2</td>" in dataset.preview()


def test_kedro_viz_finds_nothing_to_emphasise_or_break(tmp_path):
    dataset = HtmlDataset(filepath=str(tmp_path / "page.html"))
    dataset.save("<p>a_b\n_c *d*</p>\n<pre>one\n  two</pre>")

    assert dataset.preview() == "<p>a\u02cdb \u02cdc \u2217d\u2217</p> <pre>one<br> two</pre>"
