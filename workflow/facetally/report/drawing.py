"""Drawing faces on a picture: boxes, labels and a bar for each emotion's score.

Pictures are uint8, (height, width, 3), blue first; colours are (blue, green, red). Sizes depend on
the picture's shorter side. Anything that would stick out of the picture is moved inside, and words
that do not fit are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import cv2
import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from facetally.detect.face import Box, Face
from facetally.emotions import COLOURS, EMOTIONS

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Blue, green, red, from 0 to 255."""


def bgr(rgb: str) -> Colour:
    """Return a colour in OpenCV's order.

    Args:
        rgb: the colour as #RRGGBB.

    Example:
        >>> bgr("#D55E00")
        (0, 94, 213)
    """
    red, green, blue = bytes.fromhex(rgb.removeprefix("#"))
    return blue, green, red


DARK: Final = (16, 16, 16)
WHITE: Final = (255, 255, 255)
PALE: Final = (200, 200, 200)
TRACK: Final = (64, 64, 64)

INKS: Final = (DARK, WHITE, PALE, TRACK, *map(bgr, COLOURS.values()))
"""All colours used for drawing."""

PLATE_OPACITY: Final = 0.85
"""On a white picture, a plate becomes (52, 52, 52), to which white text has a contrast of 12."""

TEXT_SHARE: Final = 0.027
SMALLEST_TEXT: Final = 10
"""Text height: as a share of the picture's shorter side, and the minimum that is legible (px)."""

PANEL_WIDTH: Final = 0.6
PANEL_HEIGHT: Final = 0.8
"""The largest shares of a picture for bars with words; beyond these, words are left out."""


@dataclass(frozen=True)
class _Sizes:
    """Lengths in pixels that suit a picture.

    Attributes:
        text: height of text.
        line: distance between two lines of text.
        pad: margin around text.
        strong: line width of the box of the face that counts.
        thin: line width of other boxes.
    """

    text: int
    line: int
    pad: int
    strong: int
    thin: int


def draw_faces(
    picture: Picture, faces: Sequence[Face], caption: str, counted: int | None = 0
) -> Picture:
    """Draw a frame's faces and a caption on a copy of a picture.

    The face that counts has a strong box and bars of all scores; the others have a thin box.
    Each is labelled with its top emotion and score.

    Args:
        picture: uint8, (height, width, 3), blue first.
        faces: in the detector's order, boxes in pixels of the picture.
        caption: one line in the lower left corner, if the picture is more than three lines high.
        counted: the number of the face that counts; None if none does.
    """
    drawn = picture.copy()
    sizes = _sizes(drawn)
    height = drawn.shape[0]
    has_caption = height > 3 * sizes.line
    free = drawn[: height - sizes.line] if has_caption else drawn
    plates: list[Box] = []
    # The face that counts comes last, on top of the others.
    numbered = reversed(list(enumerate(faces)))
    for number, face in sorted(numbered, key=lambda pair: pair[0] == counted):
        top = max(range(len(EMOTIONS)), key=face.scores.__getitem__)
        emotion = EMOTIONS[top]
        label = f"{emotion} {face.scores[top]:.2f}"
        _draw_box(drawn, face.box, bgr(COLOURS[emotion]), sizes, strong=number == counted)
        plates.append(_draw_label(free, face.box, label, bgr(COLOURS[emotion]), sizes))
    if faces and counted is not None:
        occupied = [*(face.box for face in faces), *plates]
        face = faces[counted]
        _draw_bars(free, face.scores, face.box, plates[-1], occupied, sizes)
    if has_caption:
        _draw_caption(drawn[height - sizes.line :], caption, sizes)
    return drawn


def draw_labelled_box(
    picture: Picture,
    box: Box,
    label: str,
    colour: Colour,
    *,
    strong: bool = True,
    below: bool = False,
) -> Picture:
    """Draw a box and its label on a copy of a picture.

    Args:
        picture: uint8, (height, width, 3), blue first.
        box: x, y, width, height in pixels; it may be partly outside.
        label: one line; words at the end that do not fit into the picture are left out.
        colour: of the box, and of a mark beside the label.
        strong: whether to draw broad lines with dark edges instead of thin ones.
        below: whether the label goes below the box instead of above, if there is room.

    Example:
        >>> both = draw_labelled_box(picture, haar, "haar", (200, 120, 40))
        >>> both = draw_labelled_box(both, mtcnn, "mtcnn", (0, 94, 213), below=True)
    """
    drawn = picture.copy()
    sizes = _sizes(drawn)
    _draw_box(drawn, box, colour, sizes, strong=strong)
    _draw_label(drawn, box, label, colour, sizes, below=below)
    return drawn


def _sizes(picture: Picture) -> _Sizes:
    side = min(picture.shape[:2])
    text = max(SMALLEST_TEXT, round(side * TEXT_SHARE))
    return _Sizes(
        text=text,
        line=round(text * 1.35),
        pad=max(2, text // 3),
        strong=1 + round(side / 250),
        thin=1 + round(side / 900),
    )


def _draw_caption(strip: Picture, caption: str, sizes: _Sizes) -> None:
    """Draw a line at the left of a strip one line high."""
    text = _fitting(caption, sizes.text, strip.shape[1] - 2 * sizes.pad)
    if text:
        _draw_plate(strip, (0, 0, _text_width(text, sizes.text) + 2 * sizes.pad, sizes.line))
        _draw_text(strip, text, sizes.pad, 0, sizes, WHITE)


def _draw_box(picture: Picture, box: Box, colour: Colour, sizes: _Sizes, *, strong: bool) -> None:
    x, y, width, height = box
    corners = (x, y), (x + width - 1, y + height - 1)
    if strong:
        # Dark edges set the line off from a background of the same colour.
        cv2.rectangle(picture, *corners, DARK, sizes.strong + 2)
    cv2.rectangle(picture, *corners, colour, sizes.strong if strong else sizes.thin)


def _draw_label(
    picture: Picture, box: Box, label: str, colour: Colour, sizes: _Sizes, *, below: bool = False
) -> Box:
    """Draw a label at a box; return the plate's box, which is empty if nothing fits."""
    x, y, _, height = box
    room_y, room_x = picture.shape[:2]
    mark = sizes.line // 3
    text = _fitting(label, sizes.text, room_x - mark - 2 * sizes.pad)
    if not text or sizes.line > room_y:
        return x, y, 0, 0
    edge = sizes.strong // 2 + 2
    tops = [y - edge - sizes.line, y + height + edge]
    if below:
        tops.reverse()
    # If the face fills the picture, the label goes inside.
    top = next((top for top in tops if 0 <= top <= room_y - sizes.line), y + edge)
    width = mark + _text_width(text, sizes.text) + 2 * sizes.pad
    plate = _inside(picture, (x - edge, top, width, sizes.line))
    left, top, _, _ = plate
    _draw_plate(picture, plate)
    cv2.rectangle(picture, (left, top, mark, sizes.line), colour, cv2.FILLED)
    _draw_text(picture, text, left + mark + sizes.pad, top, sizes, WHITE)
    return plate


def _draw_bars(
    picture: Picture,
    scores: Sequence[float],
    box: Box,
    label: Box,
    occupied: Sequence[Box],
    sizes: _Sizes,
) -> None:
    """Draw a bar for each emotion beside a box and its label, where it hides least."""
    room_y, room_x = picture.shape[:2]
    name_width = max(_text_width(emotion, sizes.text) for emotion in EMOTIONS)
    score_width = _text_width("0.00", sizes.text)
    pad, row, bar_width = sizes.pad, sizes.line, 5 * sizes.text
    width = name_width + bar_width + score_width + 4 * pad
    height = row * len(EMOTIONS) + pad
    worded = width <= PANEL_WIDTH * room_x and height <= PANEL_HEIGHT * room_y
    if not worded:
        pad, row, bar_width = 1, max(1, min(row // 2, room_y // 20)), room_x // 4
        width, height = bar_width + 2 * pad, row * len(EMOTIONS) + pad
    plate = _place_beside(picture, box, label, (width, height), occupied, sizes.strong + pad)
    _draw_plate(picture, plate)
    left, top, _, _ = plate
    start = left + pad + (name_width + pad if worded else 0)
    best = max(scores)
    for number, (emotion, score) in enumerate(zip(EMOTIONS, scores, strict=True)):
        y = top + (pad + 1) // 2 + number * row
        thick = max(1, round(row * 0.55)) if worded else max(1, row - 1)
        bar = (start, y + (row - thick) // 2, bar_width, thick)
        cv2.rectangle(picture, bar, TRACK, cv2.FILLED)
        filled = round(bar_width * min(1.0, max(0.0, score)))
        if filled:
            cv2.rectangle(picture, (*bar[:2], filled, thick), bgr(COLOURS[emotion]), cv2.FILLED)
        if worded:
            colour = WHITE if score == best else PALE
            _draw_text(picture, emotion, left + pad, y, sizes, colour)
            _draw_text(picture, f"{score:.2f}", start + bar_width + pad, y, sizes, colour)


def _place_beside(
    picture: Picture,
    box: Box,
    label: Box,
    size: tuple[int, int],
    occupied: Sequence[Box],
    gap: int,
) -> Box:
    """Find the place next to a box where a plate hides least.

    Args:
        picture: the picture, which the plate must not leave.
        box: what the plate belongs to.
        label: the box's label.
        size: width and height of the plate.
        occupied: the boxes that the plate should not hide.
        gap: the plate's distance from box and label.
    """
    width, height = size
    left, top = min(box[0], label[0]), min(box[1], label[1])
    right = max(box[0] + box[2], label[0] + label[2])
    bottom = max(box[1] + box[3], label[1] + label[3])
    places = [
        (right + gap, box[1], width, height),
        (left - gap - width, box[1], width, height),
        (box[0], bottom + gap, width, height),
        (box[0], top - gap - height, width, height),
        (right - width, bottom - height, width, height),
    ]
    inside = [_inside(picture, place) for place in places]
    return min(inside, key=lambda place: sum(_overlap(place, other) for other in occupied))


def _inside(picture: Picture, box: Box) -> Box:
    """Move a box into a picture, and crop it if it is larger."""
    room_y, room_x = picture.shape[:2]
    width, height = min(box[2], room_x), min(box[3], room_y)
    return (
        max(0, min(box[0], room_x - width)),
        max(0, min(box[1], room_y - height)),
        width,
        height,
    )


def _overlap(one: Box, other: Box) -> int:
    """Return the area in pixels where two boxes overlap."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0, width) * max(0, height)


def _draw_plate(picture: Picture, box: Box) -> None:
    """Darken a part of a picture."""
    x, y, width, height = box
    part = picture[y : y + height, x : x + width]
    if part.size:
        dark = np.full_like(part, DARK)
        part[:] = cv2.addWeighted(part, 1 - PLATE_OPACITY, dark, PLATE_OPACITY, 0)


def _fitting(text: str, size: int, width: int) -> str:
    """Drop words at the end of a line until it fits into a width in pixels."""
    while text and _text_width(text, size) > width:
        text = text.rpartition(" ")[0].rstrip(" ·")
    return text


def _draw_text(
    picture: Picture, text: str, x: int, top: int, sizes: _Sizes, colour: Colour
) -> None:
    """Draw text, vertically centred, in a line that begins at ``top``."""
    ink = _ink(text, sizes.text, sizes.line)
    part = picture[top : top + sizes.line, x : x + ink.shape[1]]
    ink = ink[: part.shape[0], : part.shape[1], np.newaxis]
    part[:] = np.rint(part * (1 - ink) + np.array(colour, np.float32) * ink).astype(np.uint8)


@lru_cache(maxsize=4096)
def _ink(text: str, size: int, line: int) -> npt.NDArray[np.float32]:
    """Return how much of each pixel a text covers, from 0 to 1, float32, (line, width)."""
    mask = Image.new("L", (max(1, _text_width(text, size)), line))
    # Capitals are 0.7 of the font size high in most fonts: this centres them.
    baseline = round((line + 0.7 * size) / 2)
    ImageDraw.Draw(mask).text((0, baseline), text, fill=255, font=_font(size), anchor="ls")
    return np.asarray(mask, np.float32) / np.float32(255)


@lru_cache(maxsize=4096)
def _text_width(text: str, size: int) -> int:
    return int(np.ceil(_font(size).getlength(text)))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Load a font that is legible at 10 pixels, unlike OpenCV's own."""
    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)
