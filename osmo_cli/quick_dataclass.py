"""`dataclasses.dataclass` for values, without the time that it takes at every start.

The decorator of the standard library compiles six methods for each frozen class, which takes about
0.65 ms. A command defines dozens of them, which was a tenth of its time. Here the classes share
their methods (docs/performance.md). Type checkers see the decorator of the standard library.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, eq=True, repr=True):
        """Make a dataclass of a class.

        `field`, `fields`, `replace` and `asdict` of `dataclasses` work with it.
        """
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen, eq=eq, repr=repr)
        # The standard library writes a missing docstring from the signature, which is slow.
        cls.__doc__ = cls.__doc__ or cls.__name__
        # What does not compile anything: the fields, from the annotations and the bases.
        made = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
        made.__init__ = _init
        if repr:
            made.__repr__ = _repr
        if eq:
            compared = [field.name for field in dataclasses.fields(made) if field.compare]
            made._compared = attrgetter(*compared) if compared else bool
            made.__eq__ = _eq
            made.__hash__ = _hash if frozen else None
        if frozen:
            made.__setattr__ = _refuse_to_set
            made.__delattr__ = _refuse_to_delete
        return made


def _init(self: Any, *args: Any, **values: Any) -> None:
    described = self.__dataclass_fields__
    if args:
        positional = dict(zip(described, args, strict=False))
        if len(positional) < len(args):
            raise TypeError(f"{type(self).__name__}() takes {len(described)} arguments at most")
        if twice := positional.keys() & values.keys():
            raise TypeError(f"{type(self).__name__}() got two values for {min(twice)!r}")
        values = positional | values
    if len(values) < len(described):
        for name, field in described.items():
            if name not in values:
                values[name] = _default(self, field)
    if len(values) > len(described):
        unknown = min(values.keys() - described.keys())
        raise TypeError(f"{type(self).__name__}() got an unexpected argument {unknown!r}")
    self.__dict__.update(values)


def _default(self: Any, field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    raise TypeError(f"{type(self).__name__}() is missing {field.name!r}")


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    compared = self._compared
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _repr(self: Any) -> str:
    shown = [
        f"{name}={getattr(self, name)!r}"
        for name, field in self.__dataclass_fields__.items()
        if field.repr
    ]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(self: Any, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
