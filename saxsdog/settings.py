"""A checked TOML file becomes the :class:`Settings` of a server in internal units."""

import ipaddress
import os
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from saxsdog.errors import DocumentError, SettingsError
from saxsdog.schema import check, load_schema, with_defaults

BYTES_PER_MB = 1_000_000
SHORTEST_SECRET = 16
"""Characters of a secret that clients of the original sign with."""

WORKERS_PER_CORE = 4
"""Workers that wait for a slow disk need no core; more than this only cost memory."""


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class WatcherMode(StrEnum):
    """How new images are noticed."""

    AUTO = "auto"
    EVENTS = "events"
    POLLING = "polling"
    OFF = "off"


@dataclass(frozen=True)
class OutputSettings:
    """Where curves go: below ``folder``, or at ``relative`` to the folder of each image.

    ``formats`` are those of calibrations that do not say any.
    """

    relative: str
    folder: Path | None
    formats: tuple[str, ...]


@dataclass(frozen=True)
class WorkerSettings:
    """``number`` is ``None`` where the calibration decides, ``image_timeout`` in s."""

    number: int | None
    most: int
    image_timeout: float


@dataclass(frozen=True)
class WatcherSettings:
    """``poll_interval`` in s."""

    mode: WatcherMode
    poll_interval: float


@dataclass(frozen=True)
class WalkSettings:
    """All in s."""

    interval: float
    full_interval: float
    clock_slack: float


@dataclass(frozen=True)
class SettlingSettings:
    """How long to wait for the rest of an image: since it last grew, and in all, in s."""

    truncated: float
    longest: float


@dataclass(frozen=True)
class LegacySettings:
    """Whether clients of the original are served: with which secret, what, and where they are."""

    enabled: bool
    secret: str = field(repr=False)
    allow: tuple[str, ...]
    peers: tuple[Network, ...]


@dataclass(frozen=True)
class LogSettings:
    """``file`` is ``None`` for the standard error."""

    file: Path | None
    level: str
    max_bytes: int
    keep: int


@dataclass(frozen=True)
class Limits:
    """What a calibration may ask for at most; ``largest_plan`` in bytes."""

    largest_plan: int
    most_channels: int


@dataclass(frozen=True)
class Settings:
    """What a server must know beside the network file and the calibration.

    Attributes
    ----------
    roots
        Folders to work in; empty if only the command line can tell.
    state
        Folder for what is remembered over a restart; ``None`` for the usual place of the system.
    suffixes
        Of images, in lower case.
    bind
        URL to listen at; ``None`` for that of the network file.
    path_map
        Folders as the feeder names them, and as they are called here.
    servers
        Settings of those servers, by name, that have a table of their own.
    """

    roots: tuple[Path, ...]
    state: Path | None
    suffixes: tuple[str, ...]
    bind: str | None
    output: OutputSettings
    workers: WorkerSettings
    watcher: WatcherSettings
    walk: WalkSettings
    settling: SettlingSettings
    path_map: tuple[tuple[str, str], ...]
    legacy: LegacySettings
    log: LogSettings
    limits: Limits
    servers: Mapping[str, "Settings"] = field(default_factory=dict)

    @classmethod
    def defaults(cls, roots: Sequence[Path]) -> Self:
        """Return the settings of a server without a file."""
        return replace(cls.from_document({}, Path.cwd()), roots=tuple(roots))

    @classmethod
    def from_document(cls, document: dict[str, Any], folder: Path) -> Self:
        """Check a parsed document; relative paths start at ``folder``.

        Raises
        ------
        SettingsError
            With the path of every key that is wrong, what was expected and what came.
        """
        common = {key: value for key, value in document.items() if key != "server"}
        settings = cls._from_table(common, folder)
        tables = document.get("server", {})
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            raise SettingsError('server: expected tables like [server."NAME"], got something else')
        return replace(
            settings,
            servers={
                name: cls._from_table(_merged(common, table), folder, name)
                for name, table in tables.items()
            },
        )

    @classmethod
    def _from_table(cls, table: dict[str, Any], folder: Path, server: str | None = None) -> Self:
        try:
            check(_without_secret(table), "settings")
            return cls._from_full(with_defaults(table, load_schema("settings")), folder)
        except (DocumentError, SettingsError) as error:
            place = f'[server."{server}"]: ' if server is not None else ""
            raise SettingsError(f"{place}{error}") from error

    @classmethod
    def _from_full(cls, full: dict[str, Any], folder: Path) -> Self:
        return cls(
            roots=tuple(_path(text, folder) for text in full["roots"]),
            state=_path_or_none(full["state"], folder),
            suffixes=tuple(map(_suffix, full["suffixes"])),
            bind=full["control"]["bind"] or None,
            output=OutputSettings(
                full["output"]["relative"],
                _path_or_none(full["output"]["folder"], folder),
                tuple(full["output"]["formats"]),
            ),
            workers=_workers(full["workers"]),
            watcher=WatcherSettings(
                WatcherMode(full["watcher"]["mode"]), full["watcher"]["poll_interval"]
            ),
            walk=WalkSettings(**full["walk"]),
            settling=SettlingSettings(**full["settling"]),
            path_map=tuple(map(_path_pair, full["feeder"]["path_map"])),
            legacy=_legacy(full["legacy"]),
            log=LogSettings(**full["log"] | {"file": _path_or_none(full["log"]["file"], folder)}),
            limits=_limits(full["limits"]),
        )

    def for_server(self, name: str) -> "Settings":
        """Return the settings of one server: its own table over those that hold for all."""
        return self.servers.get(name, self)


def load_settings(path: Path) -> Settings:
    """Read a settings file.

    Raises
    ------
    SettingsError
        If the file cannot be read or a key is wrong; names the file, and the line or the key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return Settings.from_document(tomllib.loads(text), path.resolve().parent)
    except OSError as error:
        raise SettingsError(f"{path}: expected a settings file: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: expected text in UTF-8: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: expected TOML: {error}") from error
    except (SettingsError, RecursionError) as error:
        raise SettingsError(f"{path}: {error}") from error


def default_state_folder(name: str) -> Path:
    """Return where the system wants a server of this name to keep its state."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base, "saxsdog", as_file_name(name))


def as_file_name(name: str) -> str:
    """Escape what file names cannot hold, and a dot at the start, differently for all names."""
    return re.sub(r"^\.|[^\w .-]", lambda match: f"%{ord(match[0]):02X}", name)


def _merged(common: dict[str, Any], special: dict[str, Any]) -> dict[str, Any]:
    """Lay the keys of one table over those of another, section by section."""
    merged = dict(common)
    for key, value in special.items():
        below = common.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = below | value if both else value
    return merged


def _path(text: str, folder: Path) -> Path:
    try:
        return folder / Path(text).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{text}: expected a path: {error}") from error


def _path_or_none(text: str, folder: Path) -> Path | None:
    return _path(text, folder) if text else None


def _suffix(text: str) -> str:
    if not text.startswith("."):
        raise SettingsError(f"suffixes: expected a suffix with its dot, got {text!r}")
    return text.lower()


def _path_pair(pair: Sequence[str]) -> tuple[str, str]:
    there, here = pair
    if not Path(here).is_absolute():  # the path there may be one of another system
        raise SettingsError(f"feeder.path_map: expected an absolute path, got {here!r}")
    return there, here


def _without_secret(table: dict[str, Any]) -> dict[str, Any]:
    """Copy a table for a check whose messages show what came: never the secret."""
    section = table.get("legacy")
    if not isinstance(section, dict) or "secret" not in section:
        return table
    if not isinstance(section["secret"], str):
        raise SettingsError("legacy.secret: expected a text, got something else")
    return table | {"legacy": section | {"secret": "*" * len(section["secret"])}}


def _legacy(section: dict[str, Any]) -> LegacySettings:
    secret = section["secret"]
    if section["enabled"] and len(secret.strip()) < SHORTEST_SECRET:
        raise SettingsError(
            f"legacy.secret: expected at least {SHORTEST_SECRET} characters while legacy.enabled "
            f"is true, got {len(secret.strip())}"
        )
    return LegacySettings(
        enabled=section["enabled"],
        secret=secret,
        allow=tuple(section["allow"]),
        peers=tuple(map(_network, section["peers"])),
    )


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise SettingsError(f"legacy.peers: expected an address or a network: {error}") from error


def _workers(section: dict[str, Any]) -> WorkerSettings:
    return WorkerSettings(
        number=int(section["number"]) or None,
        most=int(section["most"]) or WORKERS_PER_CORE * (os.cpu_count() or 1),
        image_timeout=section["image_timeout"],
    )


def _limits(section: dict[str, Any]) -> Limits:
    return Limits(
        largest_plan=int(section["largest_plan_mb"]) * BYTES_PER_MB,
        most_channels=int(section["most_channels"]),
    )
