"""Formats that pictures come in and that are not read: named, so that nobody takes them for no pictures."""

import importlib
import re
from functools import cache
from pathlib import Path
from typing import IO

_TO_PNG = "convert it to PNG or JPEG"
_WITH_HEIF = "pip install pillow-heif, or convert it to PNG or JPEG"

_RAW = "a camera's raw picture"
_ENDINGS = {
    **dict.fromkeys([".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc"], _RAW),
    **dict.fromkeys([".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl"], _RAW),
    **dict.fromkeys([".sr2", ".srf", ".srw", ".x3f", ".fff", ".gpr", ".raw"], _RAW),
    **dict.fromkeys([".heic", ".heif", ".heics", ".heifs", ".hif"], "a HEIC picture"),
    **dict.fromkeys([".avif", ".avifs"], "an AVIF picture"),
    **dict.fromkeys([".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"], "a JPEG 2000 picture"),
    ".webp": "a WebP picture",
    ".jxl": "a JPEG XL picture",
    **dict.fromkeys([".jxr", ".wdp", ".hdp"], "a JPEG XR picture"),
    ".jls": "a JPEG-LS picture",
    **dict.fromkeys([".svg", ".svgz"], "an SVG drawing"),
    **dict.fromkeys([".eps", ".epsf", ".epsi"], "an EPS drawing"),
    **dict.fromkeys([".wmf", ".emf", ".wmz", ".emz"], "a Windows metafile"),
    ".cdr": "a CorelDRAW drawing",
    **dict.fromkeys([".psd", ".psb"], "a Photoshop document"),
    ".xcf": "a GIMP picture",
    ".kra": "a Krita picture",
    ".exr": "an OpenEXR picture",
    **dict.fromkeys([".dcm", ".dicom"], "a DICOM picture"),
    **dict.fromkeys([".nii", ".nii.gz"], "a NIfTI volume"),
    **dict.fromkeys([".nrrd", ".nhdr"], "an NRRD volume"),
    **dict.fromkeys([".mha", ".mhd"], "a MetaImage volume"),
    **dict.fromkeys([".czi", ".lif", ".nd2", ".oib", ".oif", ".vsi"], "a microscope's picture"),
    **dict.fromkeys([".svs", ".ndpi", ".mrxs"], "a slide scanner's picture"),
    **dict.fromkeys([".djvu", ".djv"], "a DjVu page"),
    ".ktx2": "a KTX texture",
    ".bpg": "a BPG picture",
    ".flif": "a FLIF picture",
}
_BEGINNINGS = [
    (re.compile(rb".{4}ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", re.DOTALL), "a HEIC picture"),
    (re.compile(rb".{4}ftyp(avif|avis)", re.DOTALL), "an AVIF picture"),
    (re.compile(rb".{4}ftypcrx|II\*\0....CR|II\x1a\0{3}HEAPCCDR", re.DOTALL), _RAW),
    (re.compile(rb"FUJIFILMCCD-RAW|IIU\0|II(RO|RS)|MMOR|FOVb"), _RAW),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"), "a JPEG XL picture"),
    (re.compile(rb"II\xbc\x01"), "a JPEG XR picture"),
    (
        re.compile(
            rb"(\xef\xbb\xbf)?\s*((<\?xml|<!DOCTYPE svg)[^>]*>\s*|<!--.*?-->\s*)*<svg[\s>]", re.DOTALL
        ),
        "an SVG drawing",
    ),
    (re.compile(rb"%!PS-Adobe-[\d.]+ EPSF|\xc5\xd0\xd3\xc6"), "an EPS drawing"),
    (re.compile(rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", re.DOTALL), "a Windows metafile"),
    (re.compile(rb"8BPS"), "a Photoshop document"),
    (re.compile(rb"gimp xcf "), "a GIMP picture"),
    (re.compile(rb"v/1\x01"), "an OpenEXR picture"),
    (re.compile(rb"#\?(RADIANCE|RGBE)"), "a Radiance HDR picture"),
    (re.compile(rb".{128}DICM", re.DOTALL), "a DICOM picture"),
    (re.compile(rb".{344}n[+i]1\0", re.DOTALL), "a NIfTI volume"),
    (re.compile(rb"NRRD000"), "an NRRD volume"),
    (re.compile(rb"AT&TFORM....DJV", re.DOTALL), "a DjVu page"),
    (re.compile(rb"BPG\xfb"), "a BPG picture"),
    (re.compile(rb"FLIF[1-4ADQTadqt]"), "a FLIF picture"),
    # these are read: one that comes here is damaged, or of a kind of pixels that is not
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "a WebP picture"),
    (re.compile(rb"(II|MM)(\*\0|\0\*|\+\0|\0\+)"), "a TIFF picture"),
    (re.compile(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"), "a JPEG 2000 picture"),
]  # fmt: skip
_READ = {"a WebP picture", "a TIFF picture", "a JPEG 2000 picture", "an AVIF picture"}
_BYTES = 1024


@cache
def reads_heif() -> bool:
    """Whether `pillow-heif` is installed; it is made known to Pillow by the first call."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:  # not there, or made for another machine
        return False
    return True


def is_camera_raw(path: Path) -> bool:
    """Whether the ending says so: the small preview in such a file can be opened, but is not the picture."""
    return _ENDINGS.get(path.suffix.lower()) == _RAW


def unread_kind(path: Path, file: IO[bytes] | None) -> str | None:
    """Name the format of a picture that cannot be read, and say what to do.

    Args:
        path: Its ending counts where the content says nothing.
        file: The content, if the file could be opened.

    Returns:
        Such as "a HEIC picture: convert it to …"; None for what is no picture, or none that is known here.
    """
    by_name = _kind_by_name(path.name.lower())
    by_content = _kind_by_content(file) if file is not None else None
    # most cameras' raw pictures are TIFF files
    kind = by_name if is_camera_raw(path) else by_content or by_name
    if kind is None:
        return None
    if is_camera_raw(path):
        kind = f"{kind} ({path.suffix[1:].upper()})"
    if kind in _READ:
        return f"{kind}, damaged or with pixels of a kind that cannot be read: {_TO_PNG}"
    if kind == "a HEIC picture":
        return (
            f"{kind}, damaged: {_TO_PNG}" if reads_heif() else f"{kind}, which cannot be read: {_WITH_HEIF}"
        )
    return f"{kind}, which cannot be read: {_TO_PNG}"


def _kind_by_content(file: IO[bytes]) -> str | None:
    file.seek(0)
    beginning = file.read(_BYTES)
    return next((kind for pattern, kind in _BEGINNINGS if pattern.match(beginning)), None)


def _kind_by_name(name: str) -> str | None:
    if not name.partition(".")[0]:
        return None
    return next((kind for ending, kind in _ENDINGS.items() if name.endswith(ending)), None)
