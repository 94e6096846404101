"""What each reason means and what to do, in the words of ``docs/reference/reasons.md``."""

from collections.abc import Mapping

from saxsdog.reasons import Reason

_TRUNCATED = (
    "The file ends before what its header promises. "
    "If it is still being written, try again later; else copy it again."
)
_NOT_AN_IMAGE = (
    "The bytes are no image that saxsdog knows. "
    "Keep other files out of the folder, or give them another suffix."
)
_WRONG_SHAPE = (
    "The image does not have the size Imagesize of the calibration. "
    "Correct Imagesize, or use the calibration of this detector."
)
_WRONG_DTYPE = (
    "A pixel is not one real number: there are colours or complex numbers. "
    "Store counts, one number for each pixel."
)
_DECODE_ERROR = (
    "The pixels cannot be decoded, or the header contradicts itself. "
    "The message tells more; as a rule the file is damaged."
)
_CHANGED = (
    "Somebody wrote into the file while it was read. Try again when it is complete; "
    "better let the detector write under another name and rename."
)
_OUTPUT_COLLISION = (
    "Something is in the way of the curve, or its name is not possible there. "
    "Move it away, or rename the image."
)
_OUTPUT_FAILED = (
    "The curve could not be written: the disk is full, or the file server is away. "
    "Make room; the server goes on by itself."
)

_NO_VALUE = (
    "The calibration divides by something that the header does not say, or that is 0. "
    "Correct Normalization.DivideBy, or add a constant or a log."
)
_NO_LOG_ROW = (
    "The log that the calibration names has no row for this image, or is not there. "
    "Look whether it is written; then try again."
)
_NO_BACKGROUND = (
    "No background was measured before this image. Measure one, or change Background.Frames."
)

EXPLANATIONS: Mapping[Reason, str] = {
    Reason.TRUNCATED: _TRUNCATED,
    Reason.VANISHED: "There is no such file any more. Look who removes or moves images.",
    Reason.NOT_AN_IMAGE: _NOT_AN_IMAGE,
    Reason.WRONG_SHAPE: _WRONG_SHAPE,
    Reason.WRONG_DTYPE: _WRONG_DTYPE,
    Reason.DECODE_ERROR: _DECODE_ERROR,
    Reason.CHANGED_WHILE_READING: _CHANGED,
    Reason.PERMISSION: "The file may not be read, or the curve may not be written there. "
    "Give the account that runs the server the right.",
    Reason.NOT_REGULAR: "It is a folder, a pipe, a device, or links in a circle. Remove it.",
    Reason.OUTSIDE_ROOT: "A link leads out of the folders that the server works in. "
    "Move the images below the root of the server.",
    Reason.IO_ERROR: "The disk or the file server does not answer as it should. "
    "Look at the disk and the network, then try again.",
    Reason.TOO_LARGE: "The header describes more pixels than the file can hold: it is damaged.",
    Reason.SEVERAL_IMAGES: "The file holds several images. Nothing is to be done: each of them is "
    "integrated under a name of its own.",
    Reason.IMAGES_ELSEWHERE: "The file only links to the files that hold the images. "
    "Integrate those; the message names them.",
    Reason.NO_VALUE: _NO_VALUE,
    Reason.NO_LOG_ROW: _NO_LOG_ROW,
    Reason.NO_BACKGROUND: _NO_BACKGROUND,
    Reason.OUTPUT_COLLISION: _OUTPUT_COLLISION,
    Reason.OUTPUT_EXISTS: "The curves are there and OverwriteFiles is false. "
    "Nothing is to be done, unless they shall be written anew.",
    Reason.OUTPUT_FAILED: _OUTPUT_FAILED,
    Reason.UP_TO_DATE: "The curves are younger than image and masks. Nothing is to be done.",
    Reason.POISON: "Three worker processes died while they worked on this image. "
    "Keep the image and report it: no image should be able to do that.",
    Reason.TIMEOUT: "Three workers did not finish with this image in time. "
    "Look at the disk it lies on; if that answers, report the image.",
    Reason.SUPERSEDED: "The file was overwritten; its newer version has an entry of its own.",
}


def explanation(reason: str) -> str:
    """Return what a reason means; ``""`` for one that a newer server has invented."""
    return EXPLANATIONS[Reason(reason)] if reason in set(Reason) else ""
