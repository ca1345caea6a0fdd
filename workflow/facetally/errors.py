"""Errors a user can act on: one line that names the file, the value and the remedy."""


class FacetallyError(Exception):
    """Base class of every error that is reported without a traceback."""


class EnvironmentBrokenError(FacetallyError):
    """The installed packages cannot work together."""


class ConfigError(FacetallyError):
    """The configuration, or a folder it names, cannot be used."""


class LabelError(FacetallyError):
    """A label file cannot be used."""


class PeopleError(FacetallyError):
    """A file of people or events cannot be used."""


class VideoError(FacetallyError):
    """A video cannot be read.

    Args:
        message: the line shown to the user.
        reason: one of :data:`facetally.video.status.REASONS`.
    """

    def __init__(self, message: str, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class BadVideosError(FacetallyError):
    """Some videos of a study have nothing to analyse."""


class RawFormatError(FacetallyError):
    """A raw FER JSON file does not have the documented format."""


class PicturesError(FacetallyError):
    """The kept pictures of a video's frames or faces cannot be used."""


class AnnotationError(FacetallyError):
    """A raw FER JSON file does not belong to the video that it should be drawn on."""


class WriteError(FacetallyError):
    """A file cannot be written: the disk is full, or its folder cannot be written to."""


class LockedError(FacetallyError):
    """A run of the study is in progress."""


class ClockError(FacetallyError):
    """A file's time stamp, or this machine's clock, is wrong."""


class FoldError(FacetallyError):
    """The labelled videos cannot be split into training and test folds."""


class FinetuningError(FacetallyError):
    """A network cannot be finetuned on a dataset's labels and crops."""


class RecognizerError(FacetallyError):
    """The network described by the recognizer's card in config.yaml cannot score faces."""
