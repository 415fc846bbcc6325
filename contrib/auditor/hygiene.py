"""What a note never carries (docs/design/endpoint-hygiene.md)."""

import base64
import binascii
import ipaddress
import re
from urllib.parse import urlsplit

import strict

PATH = re.compile(r"^(/|~$|~/|\./|\.\./|\\\\|[A-Za-z]:[\\/]|file:)|/\.\./", re.IGNORECASE)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
LETTERS = re.compile(r"^[A-Za-z0-9+/_-]*=*$")


class Hygiene:
    """Takes out what has to go, and counts it by reason."""

    def __init__(self, relays):
        self.relays = frozenset(host.lower().rstrip(".") for host in relays)
        self.removed = {}

    def _count(self, reason):
        self.removed[reason] = self.removed.get(reason, 0) + 1

    def name(self, text):
        """A name or a model's id; nothing if it may not be shown."""
        if text is None:
            return None
        if CONTROL.search(text):
            self._count("control_characters")
            return None
        if PATH.search(text):
            self._count("file_path")
            return None
        return text

    def token(self, text):
        """An endpoint token without the addresses that help nobody."""
        if text is None:
            return None
        found = decoded(text)
        if found is None:
            return text
        kept = []
        for address in found["addrs"]:
            reason = self._reason(address)
            if reason:
                self._count(reason)
            else:
                kept.append(address)
        if len(kept) == len(found["addrs"]):
            return text
        found["addrs"] = kept
        return base64.urlsafe_b64encode(strict.write(found).encode()).decode().rstrip("=")

    def _reason(self, address):
        if not isinstance(address, dict):
            return None
        ip = address.get("Ip")
        if isinstance(ip, str) and not isinstance(ip, strict.Number):
            return useless(host_of(ip))
        url = address.get("Relay")
        if isinstance(url, str) and not isinstance(url, strict.Number):
            try:
                parts = urlsplit(url)
                host = (parts.hostname or "").rstrip(".") if parts.scheme and parts.netloc else ""
            except ValueError:
                host = ""
            return useless(host) or (None if host and host in self.relays else "foreign_relay")
        return None


def decoded(token):
    """The object in a token; nothing if it is opaque."""
    if not LETTERS.match(token):
        return None
    text = token.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        found = strict.parse(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    except (strict.NotJSON, binascii.Error, ValueError):
        return None
    if isinstance(found, dict) and isinstance(found.get("addrs"), list):
        return found
    return None


def host_of(address):
    """The host of `127.0.0.1:1` or `[::1]:1`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.rpartition(":")[0] if address.count(":") == 1 else address


def useless(host):
    """Why an address leads nowhere or to oneself; nothing if it may lead somewhere."""
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_unspecified:
        return "unspecified_address"
    if ip.is_loopback:
        return "loopback_address"
    if ip.is_link_local:
        return "link_local_address"
    if ip.is_multicast:
        return "multicast_address"
    return None
