"""All that talks: to the server of the window, to those of the list, to one started here."""

from saxsleash.link.link import Link
from saxsleash.link.local_servers import LocalServers
from saxsleash.link.probe import Probe

__all__ = ["Link", "LocalServers", "Probe"]
