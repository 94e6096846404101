"""Commands that fetch the calibration and list what is on the server."""

import argparse
from itertools import zip_longest

from saxsdog.calibration import Calibration, text_of
from saxsdog.calibration_files import store
from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.connection import connect
from saxsdog.cli.leash.documents import document_of, print_document
from saxsdog.cli.leash.pages import pages_of
from saxsdog.cli.leash.tables import show_table
from saxsdog.protocol.messages import CurveFiles
from saxsdog.words import count, printable


def get(options: argparse.Namespace) -> int:
    """Fetch the calibration: to the standard output, or to a file, with its masks beside it."""
    with connect(options) as client:
        reply = client.get()
    if options.output is not None:
        Calibration.from_document(reply.calibration)  # what comes from outside is checked
        files = {file.name: file.data for file in reply.attachments}
        store(reply.calibration, files, options.output)
    if options.json:
        print_document(document_of(reply))
    elif options.output is None:
        print(text_of(reply.calibration), end="")
    else:
        print(f"wrote {options.output} and {count(len(reply.attachments), 'file')}")
    return ExitStatus.WELL


def listdir(options: argparse.Namespace) -> int:
    """List a folder of the server."""
    parts = [part for part in options.path.split("/") if part not in ("", ".")]
    with connect(options) as client:
        reply = client.listdir(*parts)
    if options.json:
        print_document(document_of(reply))
        return ExitStatus.WELL
    for entry in reply.dircontent:
        print(printable(entry.name) + ("/" if entry.isdir else ""))
    if not reply.complete:
        print("... and more")
    return ExitStatus.WELL


def fileslist(options: argparse.Namespace) -> int:
    """List the curve files of every image, once however often it was integrated."""
    files: dict[str, list[str]] = {}
    listed: set[str] = set()
    page = None
    with connect(options) as client:
        for page in pages_of(client.fileslist):
            new = _not_listed(page, listed)
            if options.json:
                for kind, names in new.items():
                    files.setdefault(kind, []).extend(names)
            elif any(new.values()):
                show_table(list(new), list(zip_longest(*new.values(), fillvalue="")))
    if options.json and page is not None:
        print_document(document_of(page) | {"fileslist": files})
    elif not listed:
        print("no image was integrated")
    return ExitStatus.WELL


def _not_listed(page: CurveFiles, listed: set[str]) -> dict[str, list[str]]:
    """Return the files of the images that were not listed before, and note these.

    A server has a row for each integration: an image that was integrated again, because of
    ``readdir`` or a new content, writes to the files that it has.
    """
    new = []
    for i, image in enumerate(page.fileslist.get("images", ())):
        if image not in listed:
            listed.add(image)
            new.append(i)
    return {
        kind: [names[i] for i in new if i < len(names)] for kind, names in page.fileslist.items()
    }
