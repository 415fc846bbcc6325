"""Events: ids, tags, kinds, proof of work, expiration (NIP-01, 13, 40, 70), and delegation (NIP-OA)."""

import hashlib
import json
from json.encoder import encode_basestring as quoted

STATUS_REPORT, CONNECT_REQUEST, CALL_ME_NOW, STATUS_NOTE = 24620, 24621, 24622, 30621
ADD_MEMBER, REMOVE_MEMBER, CHANGE_ROLE = 9030, 9031, 9032
MEMBER_LIST, MEMBER_ADDED, MEMBER_REMOVED = 13534, 8000, 8001
JOIN, INVITE, LEAVE = 28934, 28935, 28936
AUTH, HTTP_AUTH = 22242, 27235
DELETION, CHECKPOINT = 5, 30622
COMMANDS = frozenset((ADD_MEMBER, REMOVE_MEMBER, CHANGE_ROLE))
MEMBERSHIP = COMMANDS | {JOIN, LEAVE}
RELAY_ONLY = frozenset((STATUS_NOTE, CALL_ME_NOW, MEMBER_LIST, MEMBER_ADDED, MEMBER_REMOVED, INVITE, CHECKPOINT))
NEVER_PUBLISHED = frozenset((AUTH, HTTP_AUTH))
ACTING = MEMBERSHIP | {STATUS_REPORT, CONNECT_REQUEST}
HEX = frozenset("0123456789abcdef")

try:
    from coincurve import PublicKeyXOnly
except ImportError:
    PublicKeyXOnly = None


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def serialization(pubkey, created_at, kind, tags, content, quote=quoted):
    """What an id is the hash of."""
    tags = ",".join(["[" + ",".join([quote(part) for part in tag]) + "]" for tag in tags])
    return '[0,"%s",%d,%d,[%s],%s]' % (pubkey, created_at, kind, tags, quote(content))


def _verbatim(text):
    """NIP-01 to the letter: seven characters are escaped, all others go in as they are."""
    for raw, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\b", "\\b"),
                         ("\f", "\\f")):
        text = text.replace(raw, escaped)
    return '"%s"' % text


def event_id(*parts):
    return hashlib.sha256(serialization(*parts).encode()).hexdigest()


def parts(event):
    return event["pubkey"], event["created_at"], event["kind"], event["tags"], event["content"]


def has_its_id(event):
    """Both spellings of control characters count (docs/design/control-characters.md)."""
    if event_id(*parts(event)) == event["id"]:
        return True
    other = serialization(*parts(event), quote=_verbatim)
    return hashlib.sha256(other.encode()).hexdigest() == event["id"]


def signed(pubkey, digest, signature):
    """Whether a BIP-340 signature is good; nothing where nobody can say."""
    if PublicKeyXOnly is None:
        return None
    try:
        return PublicKeyXOnly(bytes.fromhex(pubkey)).verify(bytes.fromhex(signature), digest)
    except ValueError:
        return False


def first(tags, name):
    """The first tag of that name."""
    for tag in tags:
        if tag and tag[0] == name:
            return tag
    return None


def value(tags, name):
    tag = first(tags, name)
    return tag[1] if tag and len(tag) > 1 else None


def key(text):
    """A key of 64 hex characters in lower case; nothing if it is none."""
    if text is None or len(text) != 64:
        return None
    text = text.lower()
    return text if HEX.issuperset(text) else None


def expiration(tags):
    text = value(tags, "expiration")
    return int(text) if text and text.isascii() and text.isdigit() else None


def difficulty(event):
    """NIP-13: leading zero bits of the id, and no more than what the author committed to: nothing without that."""
    bits = 256 - int(event["id"], 16).bit_length()
    nonce = first(event["tags"], "nonce")
    if nonce and len(nonce) > 2 and nonce[2].isascii() and nonce[2].isdigit():
        return min(bits, int(nonce[2]))
    return 0


def attested_owner(event):
    """NIP-OA: who vouches for the author of an AUTH event; nobody if the tag is not good."""
    tags = [tag for tag in event["tags"] if tag and tag[0] == "auth"]
    if len(tags) != 1 or len(tags[0]) != 4:
        return None
    _, owner, conditions, signature = tags[0]
    if len(owner) != 64 or not HEX.issuperset(owner) or owner == event["pubkey"]:
        return None
    if not all(_holds(condition, event) for condition in conditions.split("&") if conditions):
        return None
    digest = hashlib.sha256(("nostr:agent-auth:%s:%s" % (event["pubkey"], conditions)).encode()).digest()
    return None if signed(owner, digest, signature) is False else owner


def _holds(condition, event):
    for name, limit in (("kind=", 65535), ("created_at<", 4294967295), ("created_at>", 4294967295)):
        if not condition.startswith(name):
            continue
        text = condition[len(name):]
        if not (text.isascii() and text.isdigit()) or str(int(text)) != text or int(text) > limit:
            return False
        number = int(text)
        return {"kind=": event["kind"] == number, "created_at<": event["created_at"] < number,
                "created_at>": event["created_at"] > number}[name]
    return False
