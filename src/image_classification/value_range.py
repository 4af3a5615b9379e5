"""Which numbers of pictures of more than 8 bits a channel become black and white."""

from pydantic import BaseModel, ConfigDict


class ValueRange(BaseModel):
    """The numbers that become 0 (black) and 255 (white), of pictures of more than 8 bits a channel.

    One range for a whole data set, which a network keeps for the images that it is given later: what is
    equal in two files is equal in the pixels. Pictures of 8 bits are not concerned. Numbers outside are
    clipped; NaN, -Inf and no-data values become black, +Inf white.

    Attributes:
        integers: Of whole numbers; None: all that their type in the file holds, such as 0…65535.
        floats: Of floats; None: 0…1.
        no_data: Numbers that stand for missing pixels, beside those that a file itself declares (the
            GDAL_NODATA of a GeoTIFF) and floats beyond ±1e19.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    integers: tuple[float, float] | None = None
    floats: tuple[float, float] | None = None
    no_data: tuple[float, ...] = ()

    def __str__(self) -> str:
        named = (("whole numbers", self.integers), ("floats", self.floats))
        parts = [f"{name} {text(range_[0])}…{text(range_[1])}" for name, range_ in named if range_]
        return ", ".join(parts) or "all that the type in the file holds, floats 0…1"


def text(number: float) -> str:
    """A number as people write it: 4095, 0.25, -3.4e+38."""
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else f"{number:.6g}"
