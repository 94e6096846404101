"""Tell systemd how a service is doing: the protocol of ``sd_notify(3)``."""

import os
import socket

MICROSECONDS = 1e6


def notify(*lines: str) -> bool:
    """Send lines like ``READY=1``; false if no service manager listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return False
    if address.startswith("@"):  # Linux's abstract names begin with a NUL
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            sender.sendto("\n".join(lines).encode(), address)
        except OSError:
            return False
    return True


def watchdog_interval() -> float | None:
    """Seconds within which systemd wants to hear from us, or ``None`` if it does not."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    if not microseconds.isdecimal() or int(microseconds) == 0 or not ours:
        return None
    return int(microseconds) / MICROSECONDS
