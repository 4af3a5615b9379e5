"""Archives made member by member: honest ones of every kind, and hostile ones."""

import io
import tarfile
import zipfile

import pytest


def write_zip(path, files, compression=zipfile.ZIP_DEFLATED):
    """Write name -> bytes; a name is text, or a ZipInfo."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def write_tar(path, files):
    """Write name -> bytes in the compression that the ending says; a name is text, or a TarInfo."""
    mode = {"gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz", "txz": "w:xz"}
    with tarfile.open(path, mode.get(path.suffix[1:], "w")) as archive:
        for name, content in files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content) if info.isreg() else info.size
            archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return path


@pytest.fixture(params=["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def write(request, tmp_path):
    """Write an archive of each kind."""
    path = tmp_path / request.param

    def write_it(files):
        files = list(files.items()) if isinstance(files, dict) else files
        return write_zip(path, files) if path.suffix == ".zip" else write_tar(path, files)

    return write_it
