"""Formats of pictures that cannot be read: recognised, so that a message can name them."""

import importlib
import os
import re
from functools import cache
from pathlib import Path

from image_classification.files.paths import open_regular

_TO_PNG = "convert it to PNG or JPEG"
_WITH_HEIF = "pip install pillow-heif, or convert it to PNG or JPEG"

_RAW = "a camera's raw picture"
_ENDINGS = {
    ending: kind
    for kind, endings in {
        _RAW: (
            ".3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .iiq .kdc .mef .mos .mrw .nef "
            ".nrw .orf .pef .raf .rw2 .rwl .sr2 .srf .srw .x3f .fff .gpr .raw"
        ),
        "a HEIC picture": ".heic .heif .heics .heifs .hif",
        "an AVIF picture": ".avif .avifs",
        "a JPEG 2000 picture": ".jp2 .j2k .jpx .jpf .j2c .jpc",
        "a WebP picture": ".webp",
        "a JPEG XL picture": ".jxl",
        "a JPEG XR picture": ".jxr .wdp .hdp",
        "a JPEG-LS picture": ".jls",
        "an SVG drawing": ".svg .svgz",
        "an EPS drawing": ".eps .epsf .epsi",
        "a Windows metafile": ".wmf .emf .wmz .emz",
        "a CorelDRAW drawing": ".cdr",
        "a Photoshop document": ".psd .psb",
        "a GIMP picture": ".xcf",
        "a Krita picture": ".kra",
        "an OpenEXR picture": ".exr",
        "a DICOM picture": ".dcm .dicom",
        "a NIfTI volume": ".nii .nii.gz",
        "an NRRD volume": ".nrrd .nhdr",
        "a MetaImage volume": ".mha .mhd",
        "a microscope's picture": ".czi .lif .nd2 .oib .oif .vsi",
        "a slide scanner's picture": ".svs .ndpi .mrxs",
        "a DjVu page": ".djvu .djv",
        "a KTX texture": ".ktx2",
        "a BPG picture": ".bpg",
        "a FLIF picture": ".flif",
    }.items()
    for ending in endings.split()
}
_BEGINNINGS = [
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        (rb".{4}ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", "a HEIC picture"),
        (rb".{4}ftyp(avif|avis)", "an AVIF picture"),
        (rb".{4}ftypcrx|II\*\0....CR|II\x1a\0{3}HEAPCCDR", _RAW),
        (rb"FUJIFILMCCD-RAW|IIU\0|II(RO|RS)|MMOR|FOVb", _RAW),
        (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
        (rb"II\xbc\x01", "a JPEG XR picture"),
        (rb"(\xef\xbb\xbf)?\s*((<\?xml|<!DOCTYPE svg)[^>]*>\s*|<!--.*?-->\s*)*<svg[\s>]", "an SVG drawing"),
        (rb"%!PS-Adobe-[\d.]+ EPSF|\xc5\xd0\xd3\xc6", "an EPS drawing"),
        (rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", "a Windows metafile"),
        (rb"8BPS", "a Photoshop document"),
        (rb"gimp xcf ", "a GIMP picture"),
        (rb"v/1\x01", "an OpenEXR picture"),
        (rb"#\?(RADIANCE|RGBE)", "a Radiance HDR picture"),
        (rb".{128}DICM", "a DICOM picture"),
        (rb".{344}n[+i]1\0", "a NIfTI volume"),
        (rb"NRRD000", "an NRRD volume"),
        (rb"AT&TFORM....DJV", "a DjVu page"),
        (rb"BPG\xfb", "a BPG picture"),
        (rb"FLIF[1-4ADQTadqt]", "a FLIF picture"),
        # these can be read: one that gets here is damaged, or has a kind of pixels that cannot
        (rb"RIFF....WEBP", "a WebP picture"),
        (rb"(II|MM)(\*\0|\0\*|\+\0|\0\+)", "a TIFF picture"),
        (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    )
]
_READ = {"a WebP picture", "a TIFF picture", "a JPEG 2000 picture", "an AVIF picture"}
_BYTES = 1024


@cache
def reads_heif() -> bool:
    """Tell whether `pillow-heif` is installed; the first call makes it known to Pillow."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:  # not there, or made for another machine
        return False
    return True


def is_camera_raw(path: Path) -> bool:
    """Tell by the ending whether Pillow would open only the small preview in the file, not the picture."""
    return _ENDINGS.get(path.suffix.lower()) == _RAW


def unread_kind(path: Path) -> str | None:
    """Name the format of a picture that cannot be read, and say what to do about it.

    The ending counts where the content does not tell. None: it is not a picture, or not of a format known
    here.
    """
    if is_camera_raw(path):  # whatever the content: most of these are TIFF files
        kind: str | None = f"{_RAW} ({path.suffix[1:].upper()})"
    else:
        kind = _kind_by_content(path) or _kind_by_name(path.name.lower())
    if kind is None:
        return None
    if kind in _READ:
        return f"{kind}, damaged or with pixels of a kind that cannot be read: {_TO_PNG}"
    if kind == "a HEIC picture":
        return (
            f"{kind}, damaged: {_TO_PNG}" if reads_heif() else f"{kind}, which cannot be read: {_WITH_HEIF}"
        )
    return f"{kind}, which cannot be read: {_TO_PNG}"


def _kind_by_content(path: Path) -> str | None:
    try:
        with os.fdopen(open_regular(path)[0], "rb") as file:
            beginning = file.read(_BYTES)
    except OSError:
        return None
    return next((kind for pattern, kind in _BEGINNINGS if pattern.match(beginning)), None)


def _kind_by_name(name: str) -> str | None:
    if not name.partition(".")[0]:
        return None
    return next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), None)
