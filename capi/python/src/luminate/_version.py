"""The version of this package: that of the library it comes with."""

__version__ = "0.1.0"
