"""The Arrow PyCapsule interface: https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html."""

from __future__ import annotations

import ctypes
from ctypes import PYFUNCTYPE, c_char_p, c_size_t, c_void_p, py_object

from . import _ffi

_NAME = b"arrow_array_stream"  # Capsules refer to it; this module never ends.


class ArrowArrayStream(ctypes.Structure):
    """struct ArrowArrayStream of https://arrow.apache.org/docs/format/CStreamInterface.html."""

    _fields_ = [
        ("get_schema", c_void_p),
        ("get_next", c_void_p),
        ("get_last_error", c_void_p),
        ("release", ctypes.CFUNCTYPE(None, c_void_p)),
        ("private_data", c_void_p),
    ]


_DESTRUCTOR = PYFUNCTYPE(None, c_void_p)
_new = PYFUNCTYPE(py_object, c_void_p, c_char_p, _DESTRUCTOR)(("PyCapsule_New", ctypes.pythonapi))
# The capsule is about to end when its destructor sees it, so that it is no object to refer to, but a number.
_pointer = PYFUNCTYPE(c_void_p, c_void_p, c_char_p)(("PyCapsule_GetPointer", ctypes.pythonapi))
_allocate = PYFUNCTYPE(c_void_p, c_size_t)(("PyMem_RawMalloc", ctypes.pythonapi))
_free = PYFUNCTYPE(None, c_void_p)(("PyMem_RawFree", ctypes.pythonapi))


class _End:
    """The destructor of the capsules. It has what it needs: at the end of the interpreter modules are emptied."""

    def __init__(self) -> None:
        self.pointer_of, self.free, self.stream_at, self.name = _pointer, _free, ArrowArrayStream.from_address, _NAME

    def __call__(self, capsule: int) -> None:
        address = self.pointer_of(capsule, self.name)
        stream = self.stream_at(address)
        if stream.release:  # Nobody took it.
            stream.release(address)
        self.free(address)


_end = _DESTRUCTOR(_End())
# The C function behind it has to be there for the last capsule, which may end after this module.
ctypes.pythonapi.Py_IncRef(py_object(_end))


def stream_capsule(handle: _ffi.Handle) -> object:
    """A capsule that owns the Arrow stream of a result, until somebody takes it out."""
    address = _allocate(ctypes.sizeof(ArrowArrayStream))
    if not address:
        raise MemoryError
    ctypes.memset(address, 0, ctypes.sizeof(ArrowArrayStream))
    try:
        _ffi.check(_ffi.lib.luminate_result_arrow, handle, address)
    except BaseException:
        _free(address)
        raise
    capsule: object = _new(address, _NAME, _end)
    return capsule
