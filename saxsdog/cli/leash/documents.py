"""Replies as JSON documents for scripts."""

import json
from dataclasses import asdict
from typing import Any

from saxsdog.protocol.messages import Failure, Reply, Row


def document_of(reply: Reply | Row | Failure) -> dict[str, Any]:
    """Return the fields of a reply, without attachments: those are no text."""
    document = asdict(reply)
    document.pop("attachments", None)
    return document


def print_document(document: object) -> None:
    """Print a document on one line, at once; numbers that JSON does not have are a bug."""
    print(json.dumps(document, allow_nan=False), flush=True)
