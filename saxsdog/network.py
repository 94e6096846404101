"""The servers that a user knows: the file ``~/.saxsdognetwork``."""

import ipaddress
import json
import os
import re
import secrets
import socket
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from saxsdog.errors import DocumentError, SettingsError, UsageError
from saxsdog.schema import check, parse_json
from saxsdog.whole_file import write_whole

VARIABLE = "SAXSDOG_NETWORK"
"""Environment variable that names another file."""

SECRET_BYTES = 32
OWNER_ONLY = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ADDRESS = re.compile(r"tcp://(?P<host>\*|\[[^\[\]/]+\]|[\w.-]+):(?P<port>\*|[0-9]{1,5})", re.ASCII)
_LAST_PORT = 65535


@dataclass(frozen=True)
class NetworkEntry:
    """One server: where it listens, where its feeder publishes (empty: none), and their secret."""

    name: str
    server: str
    feeder: str
    secret: str = field(repr=False)

    def as_document(self) -> dict[str, str]:
        """Return what stands in the file."""
        return {
            "Name": self.name,
            "Server": self.server,
            "Feeder": self.feeder,
            "Secret": self.secret,
        }


def network_file() -> Path:
    """Return the path of the user's file: ``SAXSDOG_NETWORK``, else ``~/.saxsdognetwork``."""
    return Path(os.environ.get(VARIABLE) or Path.home() / ".saxsdognetwork")


def load_network(path: Path | None = None) -> list[NetworkEntry]:
    """Read and check a network file, that of the user if none is named.

    Raises
    ------
    SettingsError
        If it cannot be read or a key is wrong; names the file and the key, never the secret.
    """
    path = path or network_file()
    try:
        document = parse_json(path.read_text(encoding="utf-8-sig"))
        return entries_of(document)
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path}: expected the file of your servers, there is none; "
            "'saxsdog netconf' makes one, or copy that of the server"
        ) from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        # The error itself would show a piece of the file, which may be the secret.
        raise SettingsError(f"{path}: expected text in UTF-8, byte {error.start} is none") from None
    except (DocumentError, SettingsError) as error:
        raise SettingsError(f"{path}: {error}") from error


def save_network(entries: Sequence[NetworkEntry], path: Path) -> None:
    """Check entries and write them to a file that only its owner can read.

    A link stays one: the file that it leads to is replaced.

    Raises
    ------
    SettingsError
        If an entry is wrong or the file cannot be written.
    """
    document = [entry.as_document() for entry in entries]
    entries_of(document)
    text = json.dumps(document, indent=4, ensure_ascii=False) + "\n"
    try:
        write_whole(os.path.realpath(path), text.encode(), OWNER_ONLY)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from error


def entries_of(document: Any) -> list[NetworkEntry]:
    """Check a parsed network file; some old ones hold one object in place of a list.

    Raises
    ------
    SettingsError
        Naming the key that is wrong, never showing the secret.
    """
    listed = [document] if isinstance(document, dict) else document
    try:
        check(_without_secrets(listed), "network")
    except DocumentError as error:
        raise SettingsError(str(error)) from error
    entries = [_entry(i, item) for i, item in enumerate(listed)]
    for i, entry in enumerate(entries):
        if entry.name in [other.name for other in entries[:i]]:
            raise SettingsError(f"[{i}].Name: expected every name once, got {entry.name!r} twice")
    return entries


def choose(entries: Sequence[NetworkEntry], name: str | None = None) -> NetworkEntry:
    """Return the server of a name, or the only one.

    Raises
    ------
    UsageError
        If there is none of this name, or several and no name; lists the names.
    """
    names = ", ".join(repr(entry.name) for entry in entries) or "none"
    chosen = [entry for entry in entries if name is None or entry.name == name]
    if len(chosen) == 1:
        return chosen[0]
    if name is None:
        raise UsageError(f"expected the name of one of your servers; the network file has {names}")
    raise UsageError(f"expected the name of one of your servers ({names}), got {name!r}")


def permission_problem(path: Path) -> str | None:
    """Say why others could read or change the file, ``None`` if they cannot.

    Windows keeps such rights elsewhere; there it is always ``None``.
    """
    if not hasattr(os, "geteuid"):
        return None
    try:
        own, target = path.lstat(), path.stat()
    except OSError:  # whoever reads it explains that better
        return None
    if {own.st_uid, target.st_uid} != {os.geteuid()}:
        return f"{path}: expected a file of your own, it belongs to somebody else"
    rights = stat.S_IMODE(target.st_mode)
    if rights & _OTHERS:
        return (
            f"{path}: expected a file that only you can read (mode 0600), got mode {rights:04o}; "
            "'saxsdog netconf --fix' mends it"
        )
    return None


def new_secret() -> str:
    """Return a secret that nobody can guess."""
    return secrets.token_hex(SECRET_BYTES)


def bind_address(entry: NetworkEntry, override: str | None = None) -> str:
    """Return the URL at which a server listens: ``override``, else that of its entry.

    A name of a host becomes its IP address, because sockets are bound to those; ``*``, which is
    every interface, and the port stay as they are written.

    Raises
    ------
    SettingsError
        If the URL is none, or nobody knows the host.
    """
    host, port = split_address(override or entry.server)
    return f"tcp://{_numeric(host)}:{port}"


def split_address(url: str) -> tuple[str, str]:
    """Return host and port of ``tcp://host:port``, either of which may be ``*``.

    Raises
    ------
    SettingsError
        If it is anything else.
    """
    match = _ADDRESS.fullmatch(url)
    if match is None or not _is_port(match["port"]) or not _is_host(match["host"]):
        raise SettingsError(
            "expected tcp://host:port, with a name, an IPv4 address, an [IPv6] address or * "
            f"as host and 1 to {_LAST_PORT} or * as port, got {url!r}"
        )
    return match["host"], match["port"]


def _without_secrets(listed: Any) -> Any:
    """Copy a document for its check with stars for secrets, since complaints show what came."""
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise SettingsError("expected a list of objects, one for each server, got something else")
    return [item | _starred(i, item) for i, item in enumerate(listed)]


def _starred(i: int, item: dict[str, Any]) -> dict[str, str]:
    if "Secret" not in item:
        return {}
    if not isinstance(item["Secret"], str):
        raise SettingsError(f"[{i}].Secret: expected a text, got something else")
    return {"Secret": "*" * len(item["Secret"].strip())}


def _entry(i: int, item: dict[str, str]) -> NetworkEntry:
    secret = item["Secret"].strip()
    if not _is_text(secret):
        raise SettingsError(f"[{i}].Secret: expected a text, got half a character in it")
    if not item["Name"].isprintable():
        raise SettingsError(f"[{i}].Name: expected a name to print, got {item['Name']!a}")
    for key in ("Server", "Feeder"):
        url = item.get(key, "")
        try:
            if url or key == "Server":
                split_address(url)
        except SettingsError as error:
            raise SettingsError(f"[{i}].{key}: {error}") from error
    return NetworkEntry(item["Name"], item["Server"], item.get("Feeder", ""), secret)


def _is_text(text: str) -> bool:
    """Whether a text can be encoded; JSON can name one half of a character that has two."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _is_port(port: str) -> bool:
    return port == "*" or 1 <= int(port) <= _LAST_PORT


def _is_host(host: str) -> bool:
    """Whether a host is ``*``, a name, or a valid address; digits and dots are no name."""
    try:
        if host.startswith("["):
            ipaddress.IPv6Address(host[1:-1])
        elif re.fullmatch(r"[0-9.]+", host):
            ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _numeric(host: str) -> str:
    """Return the address of a host, IPv4 if it has one."""
    if host == "*" or host.startswith("["):
        return host
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # the latter for impossible names
        raise SettingsError(
            f"expected a host that this machine knows, got {host!r}: {error}"
        ) from error
    for family, *_, address in found:
        if family == socket.AF_INET:
            return str(address[0])
    return f"[{found[0][4][0]}]"
