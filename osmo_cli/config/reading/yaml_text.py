"""YAML with places, read as JSON's values: one document, no tags, keys that are texts.

Plain scalars are those of the core schema of YAML 1.2 (its section 10.3): yes, on, 1:30 and
dates are texts. PyYAML's parser tells the events; what they mean is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.config.reading.document import Document, Place, empty_input, line_and_column
from osmo_cli.config.reading.json_text import (
    MAX_DEPTH,
    MAX_FAULTS,
    MAX_VALUES,
    TOO_MANY_VALUES,
)
from osmo_cli.config.reading.yaml_faults import explain
from osmo_cli.config.reading.yaml_scalars import REFUSED, ScalarFault, plain_value

if TYPE_CHECKING:
    from yaml import Event

MAX_EXPANSION = 1_000_000
"""How much aliases may add, in characters, of which a value counts at least 20."""

_VALUE_WEIGHT = 20
_ANCHOR = re.compile(r"&[^\s,\[\]{}]+(?:\s+(?:#[^\n]*\n)?)*")


def parse_yaml(name: str, text: str) -> Document:
    """Parse `text` of the input called `name`.

    Raises:
        InvalidInputError: the text is not YAML, or holds what JSON cannot: tags, keys that are no
            texts, infinity; or a key twice, a second document, too much depth or too many aliases.
    """
    root = _Parser(name, text).root()
    builder = _Builder(name, text)
    value = builder.build(root, (), None)
    return Document(name, text, value, builder.places)


def _offset(event: Any) -> int:
    return int(event.start_mark.index)


@dataclass
class _Node:
    """A value as it stands in the text; `alias_of` where an alias stands for another."""

    offset: int
    scalar: Any = None
    members: list[tuple[_Node, _Node]] | None = None
    items: list[_Node] | None = None
    alias_of: _Node | None = None

    @property
    def meant(self) -> _Node:
        return self.alias_of or self


@dataclass
class _Parser:
    """Makes nodes of PyYAML's events; collects what is wrong with them."""

    name: str
    text: str
    values: int = 0
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, _Node | None] = field(default_factory=dict)

    def root(self) -> _Node:
        import yaml

        if wrong := REFUSED.search(self.text):
            hint = f"write it as an escape in double quotes: {_escape(wrong.group())}"
            self._refuse("not YAML: a control character", wrong.start(), hint)
        # The pure parser takes twenty times as long.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events: Iterator[Event] = yaml.parse(self.text, Loader=loader)
        try:
            next(self._events)  # the start of the stream
            if isinstance(next(self._events), yaml.StreamEndEvent):
                raise empty_input(self.name)
            root = self._node(next(self._events), ())
            next(self._events)  # the end of the document
            behind = next(self._events)
        except yaml.YAMLError as error:
            message, offset, hint = explain(error, self.text)
            self._refuse("not YAML: " + message, offset, hint)
        if isinstance(behind, yaml.DocumentStartEvent):
            hint = "one input is one configuration: put the others into files of their own"
            self._refuse("a second document begins here", _offset(behind), hint)
        if self.problems:
            raise InvalidInputError(self.problems)
        return root

    def _problem(self, message: str, offset: int, path: Path = (), hint: str = "") -> None:
        line, column = line_and_column(self.text, offset)
        self.problems.append(Problem(message, self.name, line, column, path, hint=hint or None))
        if len(self.problems) == MAX_FAULTS:
            raise InvalidInputError(self.problems)

    def _refuse(self, message: str, offset: int, hint: str = "") -> NoReturn:
        """What stands behind cannot be understood, or is of no interest any more."""
        self._problem(message, offset, hint=hint)
        raise InvalidInputError(self.problems[-1:])

    def _node(self, event: Any, path: Path) -> _Node:
        import yaml

        offset = _offset(event)
        if len(path) > MAX_DEPTH:
            self._refuse(f"not YAML: nested deeper than {MAX_DEPTH} levels", offset)
        self.values += 1
        if self.values > MAX_VALUES:
            self._refuse("not YAML: " + TOO_MANY_VALUES, offset)
        if isinstance(event, yaml.AliasEvent):
            return _Node(offset, alias_of=self._anchored(str(event.anchor), offset))
        if event.tag is not None:
            hint = "leave it out; quotes make a text of a value"
            self._problem("tags are not taken", offset, path, hint)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
            if not isinstance(event, yaml.ScalarEvent) or event.value or event.style:
                match = _ANCHOR.match(self.text, offset)
                offset = match.end() if match else offset
        node = _Node(offset)
        if isinstance(event, yaml.ScalarEvent):
            node.scalar = self._scalar(event, offset, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            node.items = []
            while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                node.items.append(self._node(inner, (*path, len(node.items))))
        else:
            node.members = self._members(path)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _anchored(self, anchor: str, offset: int) -> _Node:
        if anchor not in self.anchors:
            self._refuse("no anchor of this name stands before it", offset)
        node = self.anchors[anchor]
        if node is None:
            self._refuse("an alias inside the value that it stands for", offset)
        return node.meant

    def _scalar(self, event: Any, offset: int, path: Path) -> Any:
        if event.style is None or event.style == "":
            try:
                return plain_value(event.value)
            except ScalarFault as fault:
                self._problem(fault.args[0], offset, path, *fault.args[1:])
        elif any("\ud800" <= character <= "\udfff" for character in event.value):
            self._problem("half a surrogate pair in a text", offset, path)
        return event.value

    def _members(self, path: Path) -> list[tuple[_Node, _Node]]:
        import yaml

        members: list[tuple[_Node, _Node]] = []
        seen: set[str] = set()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, (*path, ""))
            name = key.meant.scalar
            is_text = isinstance(name, str)
            inner = (*path, name) if isinstance(name, str) else path
            if is_text and name in seen:
                self._problem("this key stands twice", key.offset, inner)
            elif is_text and name == "<<" and not getattr(event, "style", "*"):
                hint = "write the fields out; an alias can stand for a whole value"
                self._problem("merge keys are not taken", key.offset, path, hint)
            elif not is_text:
                self._problem(f"{_kind(key)} cannot be a key", key.offset, path, _KEY_HINT)
            seen.add(str(name))
            members.append((key, self._node(next(self._events), inner)))
        return members


_KEY_HINT = "a key is a text; put it in quotes"


def _kind(node: _Node) -> str:
    if node.meant.members is not None or node.meant.items is not None:
        return "a list" if node.meant.members is None else "an object"
    if node.meant.scalar is None:
        return "null"
    return "true or false" if isinstance(node.meant.scalar, bool) else "a number"


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class _Builder:
    """Makes the value of a node, aliases replaced, and knows the places in it.

    A value that an alias stands for has the alias's place; what is inside it, the place where it is
    written.
    """

    def __init__(self, name: str, text: str) -> None:
        self.places: dict[Path, Place] = {}
        self._name, self._text = name, text
        self._alias: _Node | None = None
        self._expanded = 0

    def build(self, node: _Node, path: Path, key: int | None) -> Any:
        self.places[path] = Place(key, node.offset)
        if len(path) > MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH} levels")
        outermost = self._alias is None and node.alias_of is not None
        if outermost:
            self._alias = node
        meant = node.meant
        if self._alias is not None:
            self._count(meant)
        value = meant.scalar
        if meant.items is not None:
            value = [
                self.build(item, (*path, index), None) for index, item in enumerate(meant.items)
            ]
        elif meant.members is not None:
            value = {
                name.meant.scalar: self.build(inner, (*path, name.meant.scalar), name.offset)
                for name, inner in meant.members
            }
        if outermost:
            self._alias = None
        return value

    def _count(self, node: _Node) -> None:
        keys = sum(len(key.meant.scalar) for key, _ in node.members or ())
        self._expanded += _VALUE_WEIGHT + keys + len(str(node.scalar or ""))
        if self._expanded > MAX_EXPANSION:
            raise self._error("aliases stand for too much: more than 1,000,000 characters")

    def _error(self, message: str) -> InvalidInputError:
        offset = self._alias.offset if self._alias else 0
        line, column = line_and_column(self._text, offset)
        return InvalidInputError([Problem(message, self._name, line, column)])
