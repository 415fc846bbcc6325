#!/usr/bin/env python3
"""Writes events-nostr-sdk.jsonl: events made by software other than this relay.

    pip install nostr-sdk==0.45.1 coincurve==21.0.0
    python3 make_events.py > events-nostr-sdk.jsonl

Each line is an object:
  name       what the event is about
  by         who computed the id and signed
  json       the event's text; "%CONTENT%" in it stands for content_unit_json, content_times times
  content    the content's UTF-8 in hex (of one unit, if it is repeated)
  tags       the tags, each string's UTF-8 in hex
  verdict    "valid", or "idMismatch"

Keys and times are fixed, so ids are the same in each run. nostr-sdk signs with fresh randomness, so its signatures are
not: a new run changes them all.
"""

import hashlib
import json
import sys

import coincurve
import nostr_sdk

SECRET = "0a" * 32
CREATED_AT = 1_700_000_000
SHORT = {"\n": "\\n", '"': '\\"', "\\": "\\\\", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def hex_of(text):
    return text.encode("utf-8").hex()


def line(name, by, text, content, tags, verdict="valid", **more):
    record = {"name": name, "by": by, "json": text, "content": hex_of(content)}
    record["tags"] = [[hex_of(element) for element in tag] for tag in tags]
    record["verdict"] = verdict
    print(json.dumps({**record, **more}, ensure_ascii=True))


# --- made by nostr-sdk ---------------------------------------------------------------------------------------------


def sdk_event(kind, content, tags):
    keys = nostr_sdk.Keys.parse(SECRET)
    builder = nostr_sdk.EventBuilder(nostr_sdk.Kind(kind), content)
    builder = builder.tags([nostr_sdk.Tag.parse(tag) for tag in tags])
    builder = builder.custom_created_at(nostr_sdk.Timestamp.from_secs(CREATED_AT))
    return builder.finalize(keys).as_json()


def sdk(name, content, tags=(), kind=1):
    tags = [list(tag) for tag in tags]
    line(name, "nostr-sdk", sdk_event(kind, content, tags), content, tags)


def respelled(name, content, tags, respell):
    """The same event in another spelling of the same JSON."""
    event = json.loads(sdk_event(1, content, tags))
    line(name, "nostr-sdk", respell(event), content, tags)


def repeated(name, unit, unit_json, times):
    text = sdk_event(1, unit * times, [])
    assert text.count(unit_json * times) == 1
    text = text.replace(unit_json * times, "%CONTENT%")
    line(name, "nostr-sdk", text, unit, [], content_unit_json=unit_json, content_times=times)


# --- made by hand ----------------------------------------------------------------------------------------------------


def nip01_string(text):
    """NIP-01 to the letter: seven escapes, every other character verbatim, control characters too."""
    return '"' + "".join(SHORT.get(character, character) for character in text) + '"'


def json_string(text):
    """As JSON libraries write it: other control characters as \\u00xx."""
    return json.dumps(text, ensure_ascii=False)


def by_hand(name, by, content, tags, tag_string, content_string, verdict="valid"):
    key = coincurve.PrivateKey.from_hex(SECRET)
    pubkey = key.public_key_xonly.format().hex()
    tag_texts = ["[" + ",".join(tag_string(element) for element in tag) + "]" for tag in tags]
    canonical = f'[0,"{pubkey}",{CREATED_AT},1,[{",".join(tag_texts)}],{content_string(content)}]'
    event_id = hashlib.sha256(canonical.encode("utf-8")).digest()
    event = {
        "id": event_id.hex(),
        "pubkey": pubkey,
        "created_at": CREATED_AT,
        "kind": 1,
        "tags": tags,
        "content": content,
        "sig": key.sign_schnorr(event_id, aux_randomness=bytes(32)).hex(),
    }
    line(name, by, json.dumps(event, ensure_ascii=False, separators=(",", ":")), content, tags, verdict)


def main():
    everything = "".join(chr(code) for code in range(0x80))
    other_controls = "".join(chr(code) for code in range(0x20) if chr(code) not in SHORT)
    beyond = "é e\u0301 ß 你好 שלום \u2028\u2029\ufeff\ufffd\uffff\U0001f642\U0001f469\u200d\U0001f4bb\U0010ffff"

    sdk("empty content", "")
    sdk("plain text", "hello")
    sdk("the seven short escapes", 'a\nb"c\\d\re\tf\bg\fh')
    sdk("slashes and what looks like escapes", r"https://a/b \n \u0041 \\ \/")
    sdk("every ASCII character", everything)
    sdk("characters beyond ASCII", beyond)
    sdk("line and paragraph separators", "one\u2028two\u2029three")
    sdk("emoji of several scalars", "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \u2764\ufe0f")
    sdk("JSON in the content", json.dumps({"token": "a/b\n", "list": ["\u0001", "é"]}))
    sdk("ordinary tags", "hi", [["e", "5c" * 32, "wss://relay.example.com"], ["p", "f7" * 32], ["alt", "reply"]])
    sdk("empty strings in tags", "", [["p", ""], [""], ["", "", ""]])
    sdk("a tag of 200 elements", "", [["list"] + [f"element {number}" for number in range(199)]])
    sdk("300 tags", "", [["t", f"topic {number}"] for number in range(300)])
    sdk("escapes in tags", "", [["a\"b\\c\n", "\u0000\u0001\u001f\u007f", beyond]])
    sdk("every ASCII character in a tag", "", [["x", everything]])
    sdk("the highest kind", "", kind=65535)
    sdk("a mesh status report", '{"token":"","peers":[]}', kind=24620)
    repeated("64 KB of plain text", "0123456789abcdef", "0123456789abcdef", 4096)
    repeated("64 KB of escapes", 'q"\\\n', 'q\\"\\\\\\n', 9363)
    repeated("64 KB of emoji", "\U0001f642", "\U0001f642", 16384)

    tags = [["p", "ab" * 32, "é"], ["t", "a/b", "\n"]]
    respelled("white space everywhere", beyond, tags, lambda e: " " + json.dumps(e, indent=3, ensure_ascii=False) + "\r\n")
    respelled("everything escaped that can be", beyond, tags, lambda e: json.dumps(e, separators=(",", ":")))
    respelled("escaped slashes", "a/b", tags, lambda e: json.dumps(e, ensure_ascii=False).replace("/", "\\/"))
    respelled("fields in another order", beyond, tags, lambda e: json.dumps(dict(sorted(e.items())), ensure_ascii=False))
    respelled("escaped field names", "x", tags, lambda e: json.dumps(e).replace('"kind"', '"\\u006bin\\u0064"'))
    respelled(
        "upper-case digits in escapes", other_controls + "é\U0001f642", [],
        lambda e: "".join(
            c if c < "\x7f" else "".join(f"\\u{u:04X}" for u in utf16(c)) for c in json.dumps(e, ensure_ascii=False)),
    )

    verbatim, escaped = "coincurve, control characters verbatim", "coincurve, control characters escaped"
    control_tags = [["x", other_controls], ["t", "\u0001"]]
    by_hand("empty tags", verbatim, "x", [[], ["p"], []], nip01_string, nip01_string)
    by_hand("verbatim control characters in the content", verbatim, everything, [], nip01_string, nip01_string)
    by_hand("verbatim control characters in tags", verbatim, "", control_tags, nip01_string, nip01_string)
    by_hand("verbatim control characters in both", verbatim, everything, control_tags, nip01_string, nip01_string)
    by_hand("escaped control characters in both", escaped, everything, control_tags, json_string, json_string)
    by_hand(
        "an id that mixes both forms", "coincurve, mixed", "\u0001", control_tags, nip01_string, json_string, "idMismatch")
    by_hand(
        "an id over text that is escaped once too often", "coincurve, wrong", "\u0001", [], nip01_string,
        lambda text: '"\\\\u0001"', "idMismatch")
    by_hand(
        "an id over escaped slashes", "coincurve, wrong", "a/b", [], nip01_string, lambda text: '"a\\/b"', "idMismatch")
    by_hand(
        "an id over escaped letters", "coincurve, wrong", "é", [], nip01_string, lambda text: '"\\u00e9"', "idMismatch")


def utf16(character):
    units = character.encode("utf-16-be")
    return [int.from_bytes(units[index : index + 2], "big") for index in range(0, len(units), 2)]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()
