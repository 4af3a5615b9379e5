"""The words that people use for their splits, as folders and in tables, in the usual dress: `TestSet`."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple


def _words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BOTH = _words_in("trainval trainvalid trainvalidation")
# these mean validation or test, whichever is missing beside the others: `resolve_either`
_LEANING_TO_VALIDATION = _words_in("eval evaluation evaluating publictest")
_LEANING_TO_TEST = _words_in("holdout heldout")
_WORDS = {
    "train": _BOTH | _words_in("train training trn"),
    "validation": _LEANING_TO_VALIDATION
    | _words_in("val valid validate validating validation dev development"),
    "test": _LEANING_TO_TEST | _words_in("test tests testing tst privatetest"),
}
SPLIT_WORDS = {word: split for split, words in _WORDS.items() for word in sorted(words)}
"""A word in lower case -> the split that it means, or leans to."""

# as names of folders these are more often languages, states or initials
_ABBREVIATIONS = {"tr": "train", "va": "validation", "te": "test"}

_COLLECTIONS = """set sets data dataset datasets image images img imgs pic pics picture pictures photo photos
    folder folders dir file files"""
_CONTAINERS = _words_in(
    f"{_COLLECTIONS} archive archives classes categories input inputs content master main"
)
# what says nothing beside the word for a split, or in the name of a folder that holds everything
_FILLERS = _CONTAINERS | _words_in(
    """split splits part parts batch ver version new old final raw original originals orig processed
    preprocessed resized cropped clean cleaned aug augmented jpg jpeg png full all small the my of for
    class labeled labelled"""
)
# folders of these names lie beside the classes and are not classes
_NO_CLASSES = _words_in(
    """example examples sample samples demo demos preview previews thumbnail thumbnails thumbs doc docs
    figure figures plot plots misc extra extras unlabeled unlabelled unsorted inference predict
    prediction predictions pred output outputs result results log logs tmp temp backup assets
    screenshots submission"""
)
# folders of these names hold an answer for each pixel of a picture, and lie beside those of the pictures
_MASKS = _words_in(
    """mask masks label labels annotation annotations annot annots gt groundtruth truth ground trimap trimaps
    segmentation segmentations segmask seg"""
)
_PARTS = _words_in("split splits sample samples fold folds partition partitions")
# words with one of these glued on: trainset, testdata
_GLUED = re.compile(
    rf"({'|'.join(sorted(SPLIT_WORDS, key=len, reverse=True))})"
    rf"({'|'.join(sorted({*_COLLECTIONS.split(), *_PARTS}, key=len, reverse=True))})+"
)
# what a large set is packed in
_PACKED_IN = _words_in(
    f"{_COLLECTIONS} part parts batch batches chunk chunks shard shards volume vol disc disk archive zip tar"
)
# in the name of a split these say that it holds masks
_MASKS_OF_SPLITS = _MASKS - _words_in("seg ground truth")


class SplitName(NamedTuple):
    """A name that has a word for a split in it.

    split: "train", "validation" or "test".
    either: it may mean validation or test, and leans to `split`.
    both: it names training and validation together.
    dress: the other words of the name, without those that say nothing.
    """

    split: str
    either: bool
    both: bool
    dress: frozenset[str]


def split_name(name: str) -> SplitName | None:
    """Look for a word for a split in a folder's name; None if there is none, or several splits are named.

    Anything but letters separates words, and capitals do; a word inside another (`contest`) does not count.
    """
    words = [_unglued(word) for word in _words(name)]
    of_splits = {word for word in words if word in SPLIT_WORDS}
    splits = {SPLIT_WORDS[word] for word in of_splits}
    if not splits or (len(splits) > 1 and splits != {"train", "validation"}):
        return None
    dress = frozenset(word for word in words if word not in SPLIT_WORDS and not _says_nothing(word))
    both = len(splits) > 1 or not of_splits.isdisjoint(_BOTH)
    either = of_splits <= _LEANING_TO_VALIDATION | _LEANING_TO_TEST
    return SplitName("train" if both else splits.pop(), either, both, dress)


def split_value(text: str) -> SplitName | None:
    """Read a cell of a table that says a split and nothing else; here abbreviations count."""
    if short := _ABBREVIATIONS.get(text.strip().lower()):
        return SplitName(short, either=False, both=False, dress=frozenset())
    found = split_name(text)
    return found if found and found.dress <= _PARTS else None


def splits_in(name: str) -> list[str]:
    """Return the splits whose words are in a folder's name, in order: validation and test for `dev_test`."""
    if short := _ABBREVIATIONS.get(name.lower()):
        return [short]
    return [SPLIT_WORDS[word] for word in map(_unglued, _words(name)) if word in SPLIT_WORDS]


def resolve_either(names: Iterable[SplitName]) -> dict[SplitName, str]:
    """Return the split of each of several names that are used side by side.

    `eval` and `holdout` are the test set; beside a test set they are the validation set; beside both each is
    what it leans to. Where both are used, `holdout` is the test set.
    """
    names = list(names)
    firm = {name.split for name in names if not name.either}
    leanings = {name.split for name in names if name.either}
    if "test" in firm:
        meant = "" if "validation" in firm else "validation"
    else:
        meant = "" if len(leanings) > 1 else "test"
    return {name: meant if name.either and meant else name.split for name in names}


def is_container_name(name: str) -> bool:
    """Whether a folder's name says nothing about what is in it: `data`, `images_jpg`, `archive (2)`."""
    words = _words(name)
    return all(map(_says_nothing, words)) and not _CONTAINERS.isdisjoint(words)


def are_parts(names: Sequence[str]) -> bool:
    """Whether names differ only in their numbers, and are those of parts: `images_001`, `images_002`."""
    alike = {re.sub(r"\d+", "#", name.casefold()) for name in names}
    return len(alike) == 1 and "#" in min(alike) and not _PACKED_IN.isdisjoint(_words(names[0]))


def names_masks(name: SplitName) -> bool:
    """Whether the name of a split says that masks are in it: `Train_masks`, `test_labels`."""
    return not _MASKS_OF_SPLITS.isdisjoint(name.dress)


def is_no_class_name(name: str) -> bool:
    """Whether folders of this name usually lie beside the classes: `examples`, `preview`."""
    return _consists_of(name, _NO_CLASSES)


def is_mask_name(name: str) -> bool:
    """Whether folders of this name usually hold the masks of pictures: `masks`, `GT`, `label_images`."""
    return _consists_of(name, _MASKS)


def _consists_of(name: str, words: frozenset[str]) -> bool:
    telling = [word for word in _words(name) if not _says_nothing(word)]
    return bool(telling) and words.issuperset(telling)


def _says_nothing(word: str) -> bool:
    return word in _FILLERS or (len(word) == 1 and word.isascii())


def _words(name: str) -> list[str]:
    name = unicodedata.normalize("NFC", name)
    name = re.sub(r"(?i)(hold|held)[\W_]?(out)|(public|private)[\W_]?(test)", r"\1\2\3\4", name)
    words: list[str] = []
    for run in re.findall(r"[^\W\d_]+", name):
        whole = run.casefold()
        # TESTset is one word, trainSet two: capitals separate what is not a word as it stands
        if _unglued(whole) in SPLIT_WORDS or not run.isascii():
            words.append(whole)
        else:
            words += [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", run)]
    return words


def _unglued(word: str) -> str:
    glued = _GLUED.fullmatch(word)
    return glued[1] if glued else word
