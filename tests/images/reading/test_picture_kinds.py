"""Pictures of formats that are not read are named as such, with what to do: they are no rubbish."""

import gzip
import io

import numpy as np
import pytest
import torch
from PIL import Image

from image_classification.errors import UserError
from image_classification.images.folder.image_files import index_image_files
from image_classification.images.folder.new_images import NewFile
from image_classification.images.folder.new_pictures import read_new_images
from image_classification.images.reading import picture_kinds, pictures
from image_classification.images.reading.decode import UnreadableImageError, decode_image

CONVERT = "which cannot be read: convert it to PNG or JPEG"
INSTALL = "which cannot be read: pip install pillow-heif, or convert it to PNG or JPEG"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def box(brand, *, size=24):
    return size.to_bytes(4, "big") + b"ftyp" + brand + b"\0\0\0\0" + b"mif1" + brand + bytes(64)


def tiff(order=b"II"):
    """One that a camera's raw picture begins with: a small preview that Pillow could open."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "TIFF")
    return file.getvalue() if order == b"II" else b"MM\0*" + bytes(200)


CASES = [
    ("1.heic", box(b"heic"), f"a HEIC picture, {INSTALL}"),
    ("2.HEIC", box(b"heix"), f"a HEIC picture, {INSTALL}"),
    ("3.heif", box(b"mif1", size=40), f"a HEIC picture, {INSTALL}"),
    ("4.jpg", box(b"heic"), f"a HEIC picture, {INSTALL}"),
    ("without", box(b"heic"), f"a HEIC picture, {INSTALL}"),
    ("5.hif", b"anything", f"a HEIC picture, {INSTALL}"),
    ("6.cr2", b"II*\0\x10\0\0\0CR\2\0" + bytes(200), f"a camera's raw picture (CR2), {CONVERT}"),
    ("7.CR3", box(b"crx "), f"a camera's raw picture (CR3), {CONVERT}"),
    ("8.nef", tiff(), f"a camera's raw picture (NEF), {CONVERT}"),
    ("9.ARW", tiff(), f"a camera's raw picture (ARW), {CONVERT}"),
    ("10.dng", tiff(), f"a camera's raw picture (DNG), {CONVERT}"),
    ("11.pef", tiff(b"MM"), f"a camera's raw picture (PEF), {CONVERT}"),
    ("12.raf", b"FUJIFILMCCD-RAW 0201" + bytes(200), f"a camera's raw picture (RAF), {CONVERT}"),
    ("13.rw2", b"IIU\0" + bytes(200), f"a camera's raw picture (RW2), {CONVERT}"),
    ("14.raw", bytes(200), f"a camera's raw picture (RAW), {CONVERT}"),
    ("15.svg", SVG, f"an SVG drawing, {CONVERT}"),
    ("16.SVG", b'<?xml version="1.0"?>\n<!-- drawn -->\n' + SVG, f"an SVG drawing, {CONVERT}"),
    ("17.svgz", gzip.compress(SVG, mtime=0), f"an SVG drawing, {CONVERT}"),
    ("drawing", b"\xef\xbb\xbf" + SVG, f"an SVG drawing, {CONVERT}"),
    ("18.png", SVG, f"an SVG drawing, {CONVERT}"),
    ("19.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n", f"an EPS drawing, {CONVERT}"),
    ("20.jxl", b"\xff\x0a" + bytes(50), f"a JPEG XL picture, {CONVERT}"),
    ("21.jpg", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(50), f"a JPEG XL picture, {CONVERT}"),
    ("22.jxr", b"II\xbc\x01" + bytes(50), f"a JPEG XR picture, {CONVERT}"),
    ("23.xcf", b"gimp xcf v011" + bytes(50), f"a GIMP picture, {CONVERT}"),
    ("24.exr", b"v/1\x01" + bytes(50), f"an OpenEXR picture, {CONVERT}"),
    ("25.dcm", bytes(128) + b"DICM" + bytes(50), f"a DICOM picture, {CONVERT}"),
    ("IM0001", bytes(128) + b"DICM" + bytes(50), f"a DICOM picture, {CONVERT}"),
    ("26.nii.gz", gzip.compress(bytes(400), mtime=0), f"a NIfTI volume, {CONVERT}"),
    ("27.wmf", b"\xd7\xcd\xc6\x9a" + bytes(50), f"a Windows metafile, {CONVERT}"),
]


@pytest.fixture
def no_heif(monkeypatch):
    """As if pillow-heif were not installed."""
    # all of them remember their answers: asked before anything is changed
    readable, unmistakable = pictures._readable_formats(), pictures._unmistakable_formats()
    suffixes = pictures.picture_suffixes() - {".heic", ".heif", ".heics", ".heifs", ".hif"}
    monkeypatch.setattr(picture_kinds, "reads_heif", lambda: False)
    monkeypatch.setattr(pictures, "_readable_formats", lambda: tuple(set(readable) - {"HEIF"}))
    monkeypatch.setattr(pictures, "_unmistakable_formats", lambda: tuple(set(unmistakable) - {"HEIF"}))
    monkeypatch.setattr(pictures, "picture_suffixes", lambda: suffixes)


@pytest.fixture
def folder(tmp_path):
    """A set of two classes."""
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 4)).save(tmp_path / name / "0.png")
    return tmp_path


@pytest.mark.parametrize(("name", "content", "reason"), CASES, ids=[case[0] for case in CASES])
def test_they_are_named_wherever_they_turn_up(no_heif, folder, name, content, reason):
    file = folder / "cat" / name
    file.write_bytes(content)

    statuses = index_image_files(folder).set_index("name")["header_status"]

    assert statuses[f"cat/{name}"] == f"unreadable: {reason}"
    with pytest.raises(UnreadableImageError) as caught:
        decode_image(file, (3, 4, 4), "stretch")
    assert str(caught.value) == reason
    (batch,) = read_new_images([[NewFile(name, file)]], (3, 4, 4), "stretch")
    assert list(batch.reasons) == [reason]


@pytest.mark.parametrize(("name", "content", "reason"), CASES[::5], ids=[case[0] for case in CASES[::5]])
def test_fail_stops_at_them(no_heif, folder, name, content, reason):
    (folder / "dog" / name).write_bytes(content)

    with pytest.raises(UserError) as caught:
        index_image_files(folder, "fail")

    assert f"  dog/{name}: unreadable: {reason}\n" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"<p>about <svg> drawings</p>"),
        ("page.html", b"<!DOCTYPE html><html><svg></svg></html>"),
        ("labels.csv", b"II,MM\n"),
        ("thumbnails.db", bytes(600)),
        ("picasa.ini", b"[1.heic]"),
        ("model.bin", bytes(range(256)) * 4),
        ("1.heic.json", b"{}"),
        ("1.xmp", b"<x:xmpmeta/>"),
        ("film.mp4", box(b"isom")),
        ("film.mov", box(b"qt  ")),
        ("print.ps", b"%!PS-Adobe-3.0\n"),
    ],
)
def test_other_files_are_no_images_still(folder, name, content):
    (folder / "cat" / name).write_bytes(content)

    assert index_image_files(folder, "fail").set_index("name")["header_status"][f"cat/{name}"] == (
        "ignored: not an image"
    )


@pytest.mark.parametrize("suffix", ["webp", "tif", "jp2", "avif"])
def test_formats_that_are_read_are_damaged_and_not_unknown(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    try:
        Image.new("RGB", (32, 32)).save(path)
    except (KeyError, OSError):
        pytest.skip("Pillow was built without it")
    path.write_bytes(path.read_bytes()[:24])

    with pytest.raises(UnreadableImageError) as caught:
        decode_image(path, (3, 4, 4), "stretch")

    assert "which cannot be read:" not in str(caught.value)
    assert caught.value.is_picture


@pytest.mark.parametrize("name", ["1.heic", "1.HEIF", "1.jpg", "without"])
@pytest.mark.parametrize("channels", [1, 3])
def test_heic_is_read_where_pillow_heif_is(folder, name, channels):
    pytest.importorskip("pillow_heif").register_heif_opener()
    y, x = np.mgrid[:80, :120]
    picture = Image.fromarray(np.stack([x * 2, y * 3, 255 - x * 2], axis=2).astype(np.uint8))
    picture.save(folder / "cat" / name, format="HEIF", quality=95)
    picture.save(folder / "as.png")

    image = decode_image(folder / "cat" / name, (channels, 33, 47), "crop")

    expected = decode_image(folder / "as.png", (channels, 33, 47), "crop")
    assert (image.to(torch.int16) - expected).abs().max() < 12
    row = index_image_files(folder).set_index("name")
    assert row.loc[f"cat/{name}", ["width", "height", "header_status"]].tolist() == [120, 80, "ok"]


def test_a_damaged_heic_is_said_to_be_damaged(folder):
    pytest.importorskip("pillow_heif")
    (folder / "cat" / "1.heic").write_bytes(box(b"heic"))

    with pytest.raises(UnreadableImageError, match="a HEIC picture, damaged: convert it to PNG or JPEG"):
        decode_image(folder / "cat" / "1.heic", (3, 4, 4), "stretch")
