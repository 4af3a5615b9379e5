"""Pictures stand upright wherever a program wrote how the camera was held, and however."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from image_classification.images.folder.image_files import index_image_files
from image_classification.images.reading.decode import decode_image
from image_classification.images.reading.orientation import orientation_of, upright_size
from image_classification.images.reading.pictures import open_picture

VALUES = np.random.default_rng(0).integers(0, 256, (6, 10, 3), dtype=np.uint8)


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def exif(orientation, order="II", mark=b"Exif\0\0"):
    """What a camera writes: one entry, the orientation, a short."""
    first = ">" if order == "MM" else "<"
    directory = struct.pack(f"{first}HIH HHIHH I", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return mark + order.encode() + directory


def profile(name, content, digits=72):
    """The text of ImageMagick: a name, the length, lines of digits."""
    hexadecimal = content.hex()
    lines = [hexadecimal[start : start + digits] for start in range(0, len(hexadecimal), digits)]
    return f"\n{name}\n{len(content):8}\n".encode() + "\n".join(lines).encode() + b"\n"


def xmp(orientation):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"/>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def as_text(keyword, text, kind="tEXt"):
    if kind == "tEXt":
        return png_chunk(b"tEXt", keyword + b"\0" + text)
    if kind == "zTXt":
        return png_chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(text))
    packed = zlib.compress(text) if kind == "iTXt, compressed" else text
    return png_chunk(b"iTXt", keyword + (b"\0\1\0" if packed != text else b"\0\0\0") + b"en\0\0" + packed)


KINDS = {
    "a chunk": lambda orientation: png_chunk(b"eXIf", exif(orientation, "MM", b"")),
    "a chunk with a mark": lambda orientation: png_chunk(b"eXIf", exif(orientation)),
    "ImageMagick": lambda orientation: as_text(
        b"Raw profile type exif", profile("exif", exif(orientation, "MM"))
    ),
    "ImageMagick, compressed": lambda orientation: as_text(
        b"Raw profile type exif", profile("exif", exif(orientation)), "zTXt"
    ),
    "ImageMagick, as APP1": lambda orientation: as_text(
        b"Raw profile type APP1", profile("generic profile", exif(orientation)), "zTXt"
    ),
    "lines of other lengths": lambda orientation: as_text(
        b"Raw profile type exif", profile("exif", exif(orientation), 40), "zTXt"
    ),
    "without a mark": lambda orientation: as_text(
        b"Raw profile type exif", profile("exif", exif(orientation, "MM", b""))
    ),
    "an international text": lambda orientation: as_text(
        b"Raw profile type exif", profile("exif", exif(orientation)), "iTXt"
    ),
    "an international text, compressed": lambda orientation: as_text(
        b"Raw profile type exif", profile("exif", exif(orientation)), "iTXt, compressed"
    ),
    "XMP": lambda orientation: as_text(b"XML:com.adobe.xmp", xmp(orientation), "iTXt"),
    "XMP, compressed": lambda orientation: as_text(
        b"XML:com.adobe.xmp", xmp(orientation), "iTXt, compressed"
    ),
    "XMP of ImageMagick": lambda orientation: as_text(
        b"Raw profile type xmp", profile("xmp", xmp(orientation)), "zTXt"
    ),
}


def turned(orientation):
    """What Pillow itself makes of a file that says so in the usual way."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(VALUES).save(file, "PNG", exif=tags)
    with Image.open(file) as stored:
        return np.asarray(ImageOps.exif_transpose(stored))


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_in_png(tmp_path, write_png, kind, orientation, place):
    path = write_png(tmp_path / "a.png", VALUES, **{place: KINDS[kind](orientation)})
    expected = turned(orientation)

    image = decode_image(path, (3, *expected.shape[:2]), "stretch")

    np.testing.assert_array_equal(image.permute(1, 2, 0).numpy(), expected)
    with path.open("rb") as file, open_picture(path, file) as picture:
        assert upright_size(picture, file) == expected.shape[1::-1]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_grey_of_any_depth(tmp_path, write_png, dtype):
    values = np.zeros((4, 8), dtype)
    values[:2, :4] = np.iinfo(dtype).max
    path = write_png(tmp_path / "a.png", values, before=KINDS["ImageMagick"](6))

    image = decode_image(path, (1, 8, 4), "stretch")[0]

    assert image[:4, 2:].min() == 255
    assert image.sum() == 8 * 255


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        (b"", 1),
        (KINDS["a chunk"](6) + KINDS["ImageMagick"](3), 6),
        (KINDS["ImageMagick"](3) + KINDS["a chunk"](6), 6),
        (KINDS["XMP"](8) + KINDS["ImageMagick"](3), 3),
        (KINDS["ImageMagick"](0), 1),
        (KINDS["ImageMagick"](9), 1),
        (KINDS["ImageMagick"](9) + KINDS["XMP"](8), 8),
        (as_text(b"Raw profile type exif", b""), 1),
        (as_text(b"Raw profile type exif", b"\nexif\n 4\nzz"), 1),
        (as_text(b"Raw profile type exif", b"\nexif\n 4\n4578696"), 1),
        (as_text(b"Raw profile type exif", profile("exif", exif(6)[:-12])), 1),
        (png_chunk(b"zTXt", b"Raw profile type exif\0\0no zlib"), 1),
        (png_chunk(b"iTXt", b"Raw profile type exif"), 1),
        (as_text(b"Comment", profile("exif", exif(6))), 1),
        (as_text(b"Raw profile type iptc", profile("iptc", b"8BIM")), 1),
    ],
)
def test_which_counts_and_what_is_broken(tmp_path, write_png, chunks, expected):
    path = write_png(tmp_path / "a.png", VALUES, before=chunks)

    with path.open("rb") as file, open_picture(path, file) as picture:
        assert orientation_of(picture, file) == expected


def test_the_table_of_files_has_the_upright_sizes(tmp_path, write_png):
    for name, orientation in (("a/1.png", 3), ("b/1.png", 8)):
        (tmp_path / name).parent.mkdir()
        write_png(tmp_path / name, VALUES, before=KINDS["ImageMagick, compressed"](orientation))

    table = index_image_files(tmp_path)

    assert table[["width", "height"]].to_numpy().tolist() == [[10, 6], [6, 10]]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["tif", "webp", "avif"])
@pytest.mark.parametrize("in_exif", [None, 1, 6])
def test_xmp_of_other_formats_counts_where_there_is_no_exif(tmp_path, suffix, orientation, in_exif):
    path = tmp_path / f"a.{suffix}"
    options = {"tiffinfo": {700: xmp(orientation)}} if suffix == "tif" else {"xmp": xmp(orientation)}
    if in_exif and suffix == "tif":
        options["tiffinfo"][0x0112] = in_exif
    elif in_exif:
        options["exif"] = exif(in_exif)
    Image.fromarray(VALUES).save(path, lossless=True, quality=100, subsampling="4:4:4", **options)
    if suffix == "avif" and in_exif == 1:
        pytest.skip("Pillow writes no orientation where it is 1")
    expected = turned(in_exif or orientation)

    image = decode_image(path, (3, *expected.shape[:2]), "stretch")

    assert np.abs(image.permute(1, 2, 0).numpy().astype(int) - expected).max() < 20
    with path.open("rb") as file, open_picture(path, file) as picture:
        assert upright_size(picture, file) == expected.shape[1::-1]
