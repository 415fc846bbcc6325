"""Strict JSON (RFC 8259): numbers keep their text, no name twice, no lone surrogate, nothing too deep."""

import json


class NotJSON(Exception):
    """A text that is no JSON."""


class Number(str):
    """A number as it was written."""


MAXIMUM_DEPTH = 128
WHITE = " \t\n\r"


def _object(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJSON("a name occurs twice")
    return found


def _constant(name):
    raise NotJSON("%s is no JSON" % name)


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_constant)


def parse(text):
    try:
        found = _decoder.decode(text)
        if "\\ud" in text or "\\uD" in text:
            repr_text = json.dumps(found, ensure_ascii=False)
            repr_text.encode()
        return found
    except RecursionError:
        raise NotJSON("it is nested too deep") from None
    except ValueError as error:
        raise NotJSON(str(error)) from None


def write(value):
    """The shortest spelling, numbers as they were."""
    if isinstance(value, Number):
        return str.__str__(value)
    if isinstance(value, str):
        return json.encoder.encode_basestring(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, list):
        return "[%s]" % ",".join([write(part) for part in value])
    return "{%s}" % ",".join(["%s:%s" % (json.encoder.encode_basestring(name), write(part))
                              for name, part in value.items()])
