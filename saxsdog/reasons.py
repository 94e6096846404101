"""Why an image was not integrated: a closed list that programs may test."""

from enum import StrEnum


class Reason(StrEnum):
    """One word for each way in which an image can end without a curve."""

    # of the file
    TRUNCATED = "truncated"
    VANISHED = "vanished"
    NOT_AN_IMAGE = "not-an-image"
    WRONG_SHAPE = "wrong-shape"
    WRONG_DTYPE = "wrong-dtype"
    DECODE_ERROR = "decode-error"
    CHANGED_WHILE_READING = "changed-while-reading"
    PERMISSION = "permission"
    NOT_REGULAR = "not-regular"
    OUTSIDE_ROOT = "outside-root"
    IO_ERROR = "io-error"
    TOO_LARGE = "too-large"
    SEVERAL_IMAGES = "several-images"
    IMAGES_ELSEWHERE = "images-elsewhere"
    # of what the calibration asks for besides the pixels
    NO_VALUE = "no-value"
    NO_LOG_ROW = "no-log-row"
    NO_BACKGROUND = "no-background"
    # of the curves
    OUTPUT_COLLISION = "output-collision"
    OUTPUT_EXISTS = "output-exists"
    OUTPUT_FAILED = "output-failed"
    UP_TO_DATE = "up-to-date"
    # of the work
    POISON = "poison"
    TIMEOUT = "timeout"
    SUPERSEDED = "superseded"
