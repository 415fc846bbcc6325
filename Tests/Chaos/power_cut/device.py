"""A disk for nbdkit's Python plugin: a file, and a recording of every write before it and every flush behind it.

    nbdkit python device.py image=FILE recording=FILE

One request at a time, so that a flush covers exactly the writes that were recorded before it. See `recording.py`.
"""

import os
import struct

import nbdkit

API_VERSION = 2
HEADER = struct.Struct("=B7xQQQ")
paths = {}
files = {}


def thread_model():
    return nbdkit.THREAD_MODEL_SERIALIZE_ALL_REQUESTS


def config(key, value):
    paths[key] = value


def open(readonly):
    files["image"] = os.open(paths["image"], os.O_RDWR)
    files["recording"] = os.open(paths["recording"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return 1


def get_size(handle):
    return os.fstat(files["image"]).st_size


def can_flush(handle):
    return True


def can_fua(handle):
    return nbdkit.FUA_NATIVE


def record(kind, offset=0, content=b""):
    os.write(files["recording"], HEADER.pack(ord(kind), 0, offset, len(content)) + content)


def pread(handle, buffer, offset, flags):
    os.preadv(files["image"], [buffer], offset)


def pwrite(handle, buffer, offset, flags):
    record("W", offset, bytes(buffer))
    os.pwrite(files["image"], buffer, offset)
    if flags & nbdkit.FLAG_FUA:
        record("D")


def flush(handle, flags):
    record("S")
