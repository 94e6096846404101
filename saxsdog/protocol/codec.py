"""Messages become the parts that an envelope seals, and parts become checked messages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

import cattrs
from cattrs.gen import make_dict_unstructure_fn, override

from saxsdog.errors import DocumentError, ProtocolError, RequestError
from saxsdog.protocol.messages import (
    REPLIES,
    REQUESTS,
    AnyRequest,
    Attachment,
    Reply,
    Request,
    Statistics,
)
from saxsdog.protocol.strict_json import REPLY_LIMITS, REQUEST_LIMITS, Limits, dump, parse
from saxsdog.schema import check

_Message = TypeVar("_Message", Request, Reply)


@dataclass(frozen=True)
class Call:
    """A request, and what proves that it is fresh.

    Attributes
    ----------
    id
        Stays the same when the request is sent again.
    time
        On the clock of the server (s since the epoch).
    client
        Who asks, for the log.
    epoch
        Of the server, as it said at the hello; ``None`` only in the hello itself.
    """

    request: AnyRequest
    id: str
    time: float
    client: str
    epoch: str | None = None


@dataclass(frozen=True)
class Answer:
    """A reply with epoch and time of the server."""

    reply: Reply
    epoch: str
    time: float


def encode_call(call: Call) -> list[bytes]:
    """Turn a request into body and attachments; errors as of :func:`strict_json.dump`."""
    attachments = _attachments_of(call.request)
    document = {
        "id": call.id,
        "time": call.time,
        "client": call.client,
        "command": call.request.command,
        "argument": _CONVERTER.unstructure(call.request),
        "attachments": [attachment.name for attachment in attachments],
    }
    if call.epoch is not None:
        document["epoch"] = call.epoch
    return [dump(document), *(attachment.data for attachment in attachments)]


def decode_call(parts: Sequence[bytes]) -> Call:
    """Check body and attachments of a request.

    Raises
    ------
    ProtocolError
        If they are not what the schema asks for.
    RequestError
        If there is no such command.
    """
    document = _object(parts[0], REQUEST_LIMITS)
    command = document.get("command")
    if isinstance(command, str) and command not in REQUESTS:
        raise RequestError(
            "unknown-command", f"expected one of {', '.join(REQUESTS)}, got {command[:60]!r}"
        )
    _check(document, "request")
    kind = REQUESTS[document["command"]]
    request = _message(kind, document.get("argument", {}), document, parts[1:])
    return Call(
        cast("AnyRequest", request),  # one of REQUESTS
        id=document["id"],
        time=document["time"],
        client=document["client"],
        epoch=document.get("epoch"),
    )


def encode_answer(answer: Answer) -> list[bytes]:
    """Turn a reply into body and attachments; errors as of :func:`strict_json.dump`."""
    attachments = _attachments_of(answer.reply)
    document = {
        "result": answer.reply.result,
        "data": _CONVERTER.unstructure(answer.reply),
        "epoch": answer.epoch,
        "time": answer.time,
        "attachments": [attachment.name for attachment in attachments],
    }
    return [dump(document), *(attachment.data for attachment in attachments)]


def decode_answer(parts: Sequence[bytes]) -> Answer:
    """Check body and attachments of a reply.

    Raises
    ------
    ProtocolError
        If they are not what the schema asks for.
    """
    document = _object(parts[0], REPLY_LIMITS)
    _check(document, "reply")
    kind = REPLIES[document["result"]]
    reply = _message(kind, document["data"], document, parts[1:])
    return Answer(reply, epoch=document["epoch"], time=document["time"])


def _object(body: bytes, limits: Limits) -> dict[str, Any]:
    document = parse(body, limits)
    if isinstance(document, dict):
        return document
    raise ProtocolError(f"expected a JSON object, got a {type(document).__name__}")


def _check(document: dict[str, Any], schema: str) -> None:
    try:
        check(document, schema)
    except DocumentError as error:
        raise ProtocolError(str(error)) from error


def _message(
    kind: type[_Message], content: dict[str, Any], document: dict[str, Any], data: Sequence[bytes]
) -> _Message:
    names = document.get("attachments", [])
    if len(names) != len(data):
        raise ProtocolError(f"expected {len(names)} attachments, got {len(data)}")
    if names and not _takes_attachments(kind):
        raise ProtocolError(f"expected no attachments here, got {len(names)}")
    if _takes_attachments(kind):
        content = {**content, "attachments": tuple(map(Attachment, names, data))}
    return _CONVERTER.structure(content, kind)


def _takes_attachments(kind: type[Any]) -> bool:
    return any(field.name == "attachments" for field in fields(kind))


def _attachments_of(message: Request | Reply) -> tuple[Attachment, ...]:
    attachments: tuple[Attachment, ...] = getattr(message, "attachments", ())
    return attachments


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _make_converter() -> cattrs.Converter:
    """Attachments travel beside the document, and what is not finite becomes ``null``."""
    converter = cattrs.Converter(detailed_validation=False)
    converter.register_unstructure_hook(float, _finite)
    converter.register_structure_hook(Attachment, lambda attachment, _: attachment)
    # Older clients of ours know nothing of it, and take no reply with a key that they do not know.
    lean = make_dict_unstructure_fn(Statistics, converter, legacy=override(omit_if_default=True))
    converter.register_unstructure_hook(Statistics, lean)
    for kind in (*REQUESTS.values(), *REPLIES.values()):
        if _takes_attachments(kind):
            without = make_dict_unstructure_fn(kind, converter, attachments=override(omit=True))
            converter.register_unstructure_hook(kind, without)
    return converter


_CONVERTER = _make_converter()
