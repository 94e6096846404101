"""Commands that say who serves, and that change what is integrated."""

import argparse

from saxsdog.cli.exit_status import ExitStatus
from saxsdog.cli.leash.connection import connect
from saxsdog.cli.leash.documents import document_of, print_document
from saxsdog.cli.leash.tables import Fact, show_facts
from saxsdog.protocol.messages import Reply
from saxsdog.words import count, folder


def hello(options: argparse.Namespace) -> int:
    """Say who serves."""
    with connect(options) as client:
        reply = client.hello()
    return _said(
        options,
        reply,
        Fact("server", f"{reply.name}, {reply.state}"),
        Fact("version", f"{reply.version}, protocol {reply.protocol}"),
        Fact("commands", " ".join(reply.commands)),
    )


def new(options: argparse.Namespace) -> int:
    """Send a calibration; then have existing images integrated, if that is asked for."""
    with connect(options) as client:
        reply = client.new(options.calibration)
        if options.readdir:
            client.readdir()
    carried = f"{count(reply.carried, 'image')} that were pending" if reply.carried else "nothing"
    existing = (
        "all are integrated; 'saxsleash wait' waits until they are"
        if options.readdir
        else "only 'saxsleash readdir' integrates them"
    )
    return _said(
        options,
        reply,
        Fact("new queue", f"in {folder(reply.directory)}"),
        Fact("channels", " ".join(reply.channels)),
        *(Fact("remark", remark, "yellow") for remark in reply.remarks),
        Fact("carried over", carried),
        Fact("existing images", existing),
    )


def readdir(options: argparse.Namespace) -> int:
    """Have every existing image integrated again."""
    with connect(options) as client:
        reply = client.readdir()
    text = "restarted with all files; 'saxsleash wait' waits until they are integrated"
    return _said(options, reply, Fact("queue", text))


def close(options: argparse.Namespace) -> int:
    """Work off what is queued."""
    with connect(options) as client:
        reply = client.close()
    text = f"closed; {count(reply.pending, 'image')} still pending"
    return _said(options, reply, Fact("queue", text))


def abort(options: argparse.Namespace) -> int:
    """Forget what is queued."""
    with connect(options) as client:
        reply = client.abort()
    text = f"aborted; {count(reply.forgotten, 'pending image')} forgotten"
    return _said(options, reply, Fact("queue", text))


def requeue(options: argparse.Namespace) -> int:
    """Try failed images again."""
    with connect(options) as client:
        reply = client.requeue(options.reason)
    return _said(options, reply, Fact("queue", f"{count(reply.images, 'image')} to try again"))


def _said(options: argparse.Namespace, reply: Reply, *facts: Fact) -> ExitStatus:
    if options.json:
        print_document(document_of(reply))
    else:
        show_facts(facts)
    return ExitStatus.WELL
