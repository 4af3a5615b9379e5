"""What is said where memory ran out: of the machine, a limit or a device, or where a process was killed."""

from traceback import walk_tb

from image_classification.memory import available_memory, is_out_of_memory
from image_classification.words import in_bytes

_PACKAGE = "/image_classification/"
# by the part of the package that was at work: what was done, and what to lower
_TRAINED = (
    "the network was trained",
    "Lower modelling.training.batch_size (with modelling.training.accumulate_batches the update stays the "
    "same), the size of the images (images.size of their source) or the network's widths.",
)
_EVALUATED = (
    "images were classified",
    "Lower modelling.evaluation.batch_size or inference.batch_size, which change no result, or the size of "
    "the images (images.size of their source), or train with a smaller modelling.training.batch_size.",
)
_EXPORTED = (
    "the network was exported",
    "Lower export.batch_size, which changes no result, or export.checked_images.",
)
_PREPARED = (
    "images were prepared",
    "Lower the size of the images (images.size of their source), or let fewer cores work at once, as each "
    "decodes an image of its own: taskset -c 0 kedro run …",
)
_ELSEWHERE = (
    "this was worked on",
    "Lower modelling.training.batch_size, modelling.evaluation.batch_size or the size of the images "
    "(images.size of their source), or run fewer things at once (kedro run --runner SequentialRunner).",
)
_PARTS = {
    "learning": _TRAINED,
    "networks": _TRAINED,
    "evaluation": _EVALUATED,
    "inference": _EVALUATED,
    "export": _EXPORTED,
    "images": _PREPARED,
}


def memory_message(error: BaseException) -> str | None:
    """Return what to tell of an error if it says that memory ran out, or that a process was killed."""
    free = f"{in_bytes(available_memory())} of memory are free now"
    if type(error).__name__ == "BrokenProcessPool":
        return (
            "A process of the runner was killed, or ended without a word: probably by the system, as memory "
            f"ran out ({free}; `dmesg` names what was killed).\n{_ELSEWHERE[1]}"
        )
    if not is_out_of_memory(error):
        return None
    while_what, remedy = _part(error)
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    place = "of the device " if any(word in reason for word in ("CUDA", "MPS", "HIP", "XPU")) else ""
    return (
        f"The memory {place}ran out while {while_what}: {reason}\n{remedy}\n"
        f"What was there before is as it was; {free}."
    )


def _part(error: BaseException) -> tuple[str, str]:
    """Find the part of the package that was at work, the innermost one of those that are known."""
    files = [frame.f_code.co_filename.replace("\\", "/") for frame, _ in walk_tb(error.__traceback__)]
    for file in reversed(files):
        inside = file.rpartition(_PACKAGE)[2].removesuffix(".py") if _PACKAGE in file else ""
        for name in inside.split("/"):
            if name in _PARTS:
                return _PARTS[name]
    return _ELSEWHERE
