"""ELAN's annotations (.eaf) as events: every annotation is read, or refused by its identifier.

The format is described in "ELAN Annotation Format" (Max Planck Institute for Psycholinguistics).
Annotations of a tier that other tiers refine have time slots; those below may instead refer to an
annotation and have its time, or divide it among themselves. Time slots may lack a time: ELAN then
spaces the annotations that share them evenly.

Imports only the standard library, so that the workflow can be parsed (and linted) where nothing
but Snakemake is installed.
"""

import codecs
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

from facetally.study.csv_file import LONGEST_VALUE, read_text, title
from facetally.study.cues import EVENTS, Cue
from facetally.study.matching import as_seen
from facetally.study.names import shown

ROOT: Final = "ANNOTATION_DOCUMENT"
MILLISECONDS: Final = "milliseconds"
PER_SECOND: Final = 1000
WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")

ASSOCIATION: Final = "Symbolic_Association"
SUBDIVISION: Final = "Symbolic_Subdivision"
"""The constraints of tiers whose annotations have no time of their own."""

SAVE_AGAIN: Final = "open it in ELAN and save it again"
CORRECT: Final = "correct it in ELAN"

DECLARED: Final = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
GUESSED: Final = ("utf-8", "iso8859-1", "ascii")
"""Encodings that are told apart by the content, since writers name them wrongly."""

Span = tuple[float, float]
"""Start and end in milliseconds."""


@dataclass(frozen=True)
class _Annotation:
    """An annotation as the file has it.

    Attributes:
        tier: the place of its tier in the file.
        place: how messages name it.
        text: its value.
        slots: its time slots; None if it refers to another annotation.
        parent: the identifier of that annotation, or empty.
        previous: the identifier of the one before it in the same parent, or empty.
    """

    tier: int
    place: str
    text: str
    slots: tuple[str, str] | None
    parent: str = ""
    previous: str = ""


class _Builder(ET.TreeBuilder):
    """Builds a tree of a document without entities of its own, which could grow without end."""

    def doctype(self, *_: object) -> None:
        """Refuse a document type, which these files never have.

        Raises:
            PeopleError: always.
        """
        raise EVENTS.error(f"has a document type, which ELAN's files have not; {SAVE_AGAIN}")


def read_annotations(path: Path) -> Iterator[Cue]:
    """Read the annotations of all tiers.

    Yields:
        The annotations in the order of the file. Times are those of the video: the time that the
        file says it begins at is added.

    Raises:
        PeopleError: if the file is not such a file, or the time of an annotation does not follow.
    """
    root = _parsed(path)
    try:
        origin = _origin(root, path.stem)
        annotations = _annotations(root)
        spans = _spans(root, annotations)
    except EVENTS.error as error:
        raise EVENTS.error(f"{title(path)}: {error}") from None
    for identifier, each in annotations.items():
        start, end = ((time + origin) / PER_SECOND for time in spans[identifier])
        yield Cue(each.place, round(start, 6), round(end, 6), each.text)


def _parsed(path: Path) -> ET.Element:
    """Return the root of the document.

    Raises:
        PeopleError: if it is not one of ELAN's.
    """
    text = read_text(path, EVENTS, SAVE_AGAIN, _declared)
    # The parser takes the text for UTF-8, whatever its declaration says. What makes XML unsafe
    # needs a document type, which is refused.
    parser = ET.XMLParser(target=_Builder())  # noqa: S314
    try:
        parser.feed(text)
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        raise EVENTS.error(
            f"{title(path)}, line {error.position[0]}: the XML breaks off or is broken here; "
            f"{SAVE_AGAIN}"
        ) from None
    except EVENTS.error as error:
        raise EVENTS.error(f"{title(path)}: {error}") from None
    if root.tag != ROOT:
        raise EVENTS.error(
            f"{title(path)}: begins with '{shown(root.tag, LONGEST_VALUE)}', not {ROOT}, so it is "
            "not a file of ELAN's; correct config.yaml"
        )
    return root


def _declared(content: bytes) -> str | None:
    """Return the encoding that an XML declaration names, if it is one that Python has."""
    if not (found := DECLARED.match(content)):
        return None
    try:
        name = codecs.lookup(found[1].decode("ascii")).name
        content.decode(name)
        # The declaration itself is text in that encoding, or it names a wrong one.
        fits = found[0].decode(name) == found[0].decode("ascii")
    except (LookupError, ValueError):
        return None
    return name if fits and name not in GUESSED else None


def _value(element: ET.Element, name: str, place: str) -> str:
    """Return an attribute that must be there.

    Raises:
        PeopleError: if it is not.
    """
    value = element.get(name, "").strip()
    if not value:
        raise EVENTS.error(f"{place} has no {name}; {SAVE_AGAIN}")
    return value


def _milliseconds(written: str, place: str) -> int:
    if not WHOLE_NUMBER.fullmatch(written):
        raise EVENTS.error(
            f"{place} is '{shown(written, LONGEST_VALUE)}', not a number of {MILLISECONDS}; "
            f"{CORRECT}"
        )
    return int(written)


def _origin(root: ET.Element, video: str) -> int:
    """Return the time of the video, in milliseconds, at which the file's times begin.

    If several media begin at different times, that of the medium named like the file counts.

    Raises:
        PeopleError: if times are not in milliseconds, or it is unclear which medium is meant.
    """
    units = next((each.get("TIME_UNITS", "") for each in root.iter("HEADER")), "")
    if units and units != MILLISECONDS:
        raise EVENTS.error(
            f"TIME_UNITS is '{shown(units, LONGEST_VALUE)}', not {MILLISECONDS}, which alone ELAN "
            "knows; convert the times or write a CSV file"
        )
    media = []
    for each in root.iter("MEDIA_DESCRIPTOR"):
        urls = [each.get(name, "") for name in ("MEDIA_URL", "RELATIVE_MEDIA_URL")]
        stems = {as_seen(PurePosixPath(unquote(url).replace("\\", "/")).stem) for url in urls}
        written = each.get("TIME_ORIGIN", "").strip() or "0"
        media.append((stems, _milliseconds(written, "the TIME_ORIGIN of a medium")))
    for chosen in (media, [each for each in media if as_seen(video) in each[0]]):
        origins = {origin for _, origin in chosen}
        if len(origins) < 2 and (chosen or not media):
            return next(iter(origins), 0)
    raise EVENTS.error(
        "its media begin at different times (TIME_ORIGIN), and none is named like this file; "
        "link the video under that name in ELAN"
    )


def _annotations(root: ET.Element) -> dict[str, _Annotation]:
    """Return the annotations by identifier, in the order of the file.

    Raises:
        PeopleError: if one lacks what an annotation must have.
    """
    found: dict[str, _Annotation] = {}
    for number, tier in enumerate(root.findall("TIER")):
        of_tier = f"of tier {shown(tier.get('TIER_ID', ''), LONGEST_VALUE)}"
        for element in tier.findall("ANNOTATION/*"):
            identifier = _value(element, "ANNOTATION_ID", f"an annotation {of_tier}")
            place = f"annotation {shown(identifier, LONGEST_VALUE)} {of_tier}"
            if identifier in found:
                raise EVENTS.error(f"{place} is there twice; {SAVE_AGAIN}")
            text = "".join(element.findtext("ANNOTATION_VALUE") or "")
            if element.tag == "ALIGNABLE_ANNOTATION":
                first, second = (
                    _value(element, name, place) for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")
                )
                found[identifier] = _Annotation(number, place, text, (first, second))
            elif element.tag == "REF_ANNOTATION":
                parent = _value(element, "ANNOTATION_REF", place)
                previous = element.get("PREVIOUS_ANNOTATION", "").strip()
                found[identifier] = _Annotation(number, place, text, None, parent, previous)
            else:
                raise EVENTS.error(
                    f"{place} is a {shown(element.tag, LONGEST_VALUE)}, which ELAN's format has "
                    f"not; {SAVE_AGAIN}"
                )
    return found


def _spans(root: ET.Element, annotations: Mapping[str, _Annotation]) -> dict[str, Span]:
    """Return start and end of every annotation, in milliseconds before the video's origin.

    Raises:
        PeopleError: if one has no time.
    """
    times = _slots(root)
    depths = _depths(root)
    aligned = [each for each in annotations.values() if each.slots]
    # A tier is refined by those below it, so its own annotations are spaced first.
    for tier in sorted({each.tier for each in aligned}, key=lambda tier: depths[tier]):
        _space_evenly([each.slots for each in aligned if each.slots and each.tier == tier], times)
    spans: dict[str, Span] = {}
    for identifier, each in annotations.items():
        if each.slots:
            spans[identifier] = (
                _time(each, times, "start", each.slots[0]),
                _time(each, times, "end", each.slots[1]),
            )
    _add_children(root, annotations, spans)
    for identifier, each in annotations.items():
        if identifier not in spans:
            raise EVENTS.error(
                f"{each.place} refers to annotation {shown(each.parent, LONGEST_VALUE)}, which "
                f"has no time; {CORRECT}"
            )
    return spans


def _slots(root: ET.Element) -> dict[str, float | None]:
    """Return the time of each time slot in milliseconds; None for those without one."""
    times: dict[str, float | None] = {}
    for slot in root.findall("TIME_ORDER/TIME_SLOT"):
        identifier = _value(slot, "TIME_SLOT_ID", "a time slot")
        place = f"time slot {shown(identifier, LONGEST_VALUE)}"
        if identifier in times:
            raise EVENTS.error(f"{place} is there twice; {SAVE_AGAIN}")
        written = slot.get("TIME_VALUE", "").strip()
        times[identifier] = _milliseconds(written, place) if written else None
    return times


def _depths(root: ET.Element) -> list[int]:
    """Return how many tiers are above each tier."""
    tiers = root.findall("TIER")
    parents = {tier.get("TIER_ID"): tier.get("PARENT_REF") for tier in tiers}
    depths = []
    for tier in tiers:
        depth, parent = 0, tier.get("PARENT_REF")
        while parent in parents and depth < len(tiers):  # Tiers might be above each other.
            depth, parent = depth + 1, parents[parent]
        depths.append(depth)
    return depths


def _space_evenly(annotations: Sequence[tuple[str, str]], times: dict[str, float | None]) -> None:
    """Add the times that slots of a tier lack: evenly, from a slot with a time to the next.

    Args:
        annotations: the slots of each annotation. Successive ones share a slot.
        times: the time of each slot, or None.
    """
    ends = dict(reversed(annotations))
    for start, end in annotations:
        if (first := times.get(start)) is None:
            continue
        between: list[str] = []
        while end in times and times[end] is None and len(between) < len(annotations):
            between.append(end)
            end = ends.get(end, "")
        if (last := times.get(end)) is not None:
            step = (last - first) / (len(between) + 1)
            times.update({slot: first + step * place for place, slot in enumerate(between, 1)})


def _time(
    annotation: _Annotation, times: Mapping[str, float | None], what: str, slot: str
) -> float:
    """Return the time of a slot.

    Raises:
        PeopleError: if it has none, and none follows from the annotations beside.
    """
    name = shown(slot, LONGEST_VALUE)
    if slot not in times:
        raise EVENTS.error(
            f"{annotation.place}: its {what} is time slot {name}, which is not in the file; "
            f"{SAVE_AGAIN}"
        )
    time = times[slot]
    if time is None:
        raise EVENTS.error(
            f"{annotation.place}: its {what}, time slot {name}, has no time, and none follows "
            "from annotations beside it; align it in ELAN"
        )
    return time


def _add_children(
    root: ET.Element, annotations: Mapping[str, _Annotation], spans: dict[str, Span]
) -> None:
    """Add the times of annotations that refer to others, from the top of the hierarchy down.

    Args:
        root: the document.
        annotations: all annotations by identifier.
        spans: the times of those that have some.

    Raises:
        PeopleError: if the file does not say how annotations divide the time of another.
    """
    constraints = _constraints(root)
    children: dict[str, dict[int, list[str]]] = {}
    for identifier, each in annotations.items():
        if not each.slots:
            children.setdefault(each.parent, {}).setdefault(each.tier, []).append(identifier)
    waiting = list(spans)
    while waiting:
        parent = waiting.pop()
        start, end = spans[parent]
        for tier, own in children.get(parent, {}).items():
            ordered: Sequence[str] = own
            step = 0.0
            if len(own) > 1 and constraints[tier] != ASSOCIATION:
                if constraints[tier] != SUBDIVISION:
                    raise EVENTS.error(
                        f"{annotations[own[1]].place}: its tier does not say how annotations "
                        f"divide the time of annotation {shown(parent, LONGEST_VALUE)}; give "
                        f"its type the constraint {SUBDIVISION} or {ASSOCIATION} in ELAN"
                    )
                ordered = _in_order(own, annotations)
                step = (end - start) / len(own)
            for place, child in enumerate(ordered):
                spans[child] = (
                    (start + step * place, start + step * (place + 1)) if step else (start, end)
                )
            waiting += own


def _constraints(root: ET.Element) -> list[str]:
    """Return the constraint of each tier's type; empty for types without one."""
    types = {
        each.get("LINGUISTIC_TYPE_ID"): each.get("CONSTRAINTS", "")
        for each in root.iter("LINGUISTIC_TYPE")
    }
    return [types.get(tier.get("LINGUISTIC_TYPE_REF"), "") for tier in root.findall("TIER")]


def _in_order(identifiers: Sequence[str], annotations: Mapping[str, _Annotation]) -> Sequence[str]:
    """Return the annotations that divide another one in their order in time.

    Raises:
        PeopleError: if what they say about it does not fit.
    """
    after = {annotations[each].previous: each for each in identifiers}
    if list(after) == [""]:
        return identifiers  # None says what is before it.
    ordered: list[str] = []
    while (following := after.pop(ordered[-1] if ordered else "", None)) is not None:
        ordered.append(following)
    if len(ordered) != len(identifiers):
        left = next(each for each in identifiers if each not in ordered)
        raise EVENTS.error(
            f"{annotations[left].place}: the annotation before it, PREVIOUS_ANNOTATION "
            f"'{shown(annotations[left].previous, LONGEST_VALUE)}', does not fit its "
            f"neighbours; {SAVE_AGAIN}"
        )
    return ordered
