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
    """Fetch the calibration: to the standard output, or to a file with its masks beside it."""
    with connect(options) as client:
        reply = client.get()
    if options.output is not None:
        Calibration.from_document(reply.calibration)  # what comes from outside is checked
        masks = {mask.name: mask.data for mask in reply.attachments}
        store(reply.calibration, masks, options.output)
    if options.json:
        print_document(document_of(reply))
    elif options.output is None:
        print(text_of(reply.calibration), end="")
    else:
        print(f"wrote {options.output} and {count(len(reply.attachments), 'mask')}")
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
    """List the curve files of every image."""
    files: dict[str, list[str]] = {}
    page = None
    with connect(options) as client:
        for page in pages_of(client.fileslist):
            for kind, names in page.fileslist.items():
                files.setdefault(kind, []).extend(names)
            if not options.json:
                _show_files(page)
    if options.json and page is not None:
        print_document(document_of(page) | {"fileslist": files})
    return ExitStatus.WELL


def _show_files(page: CurveFiles) -> None:
    rows = list(zip_longest(*page.fileslist.values(), fillvalue=""))
    if rows:
        show_table(list(page.fileslist), rows)
    else:
        print("no image was integrated")
