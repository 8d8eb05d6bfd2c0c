"""YAML with places, read as JSON's values: one document, no tags, string keys.

Plain scalars are those of the core schema of YAML 1.2 (section 10.3): yes, on, 1:30 and dates are
strings. PyYAML's parser yields the events; what they mean is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Any, NoReturn

from osmo_cli.config.problems import InvalidInputError, Path, Problem
from osmo_cli.config.reading.document import Document, Place, empty_input, line_and_column
from osmo_cli.config.reading.invisible import escape_invisible, is_visible
from osmo_cli.config.reading.json_text import (
    MAX_DEPTH,
    MAX_PROBLEMS,
    MAX_VALUES,
    TOO_MANY_VALUES,
    read_number,
)
from osmo_cli.config.reading.mistakes import explain, warn_of_doubtful_strings
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from yaml import Event, YAMLError

MAX_EXPANSION = 1_000_000
"""Maximum number of characters that aliases add; a value counts as at least 20."""

_VALUE_WEIGHT = 20
_ANCHOR = re.compile(r"&[^\s,\[\]{}]+(?:\s+(?:#[^\n]*\n)?)*")


@dataclass(frozen=True)
class Scalars:
    """How a reader of YAML takes plain scalars.

    Attributes:
        value: what a plain scalar means; raises `ScalarError`.
        key: the string that a key of another type becomes; None: such a key is refused.
        merges: `<<` merges maps into the one that it is in; otherwise it is refused.
    """

    value: Callable[[str], Any]
    key: Callable[[Any], str] | None = None
    merges: bool = False


def parse_yaml(name: str, text: str, scalars: Scalars | None = None) -> Document:
    """Parse `text` of the input called `name`.

    Args:
        name: the input, for messages.
        text: its text.
        scalars: how plain scalars are read; by default as the core schema of YAML 1.2 does.

    Raises:
        InvalidInputError: the text is not YAML, or holds what JSON cannot: tags, keys that are not
            strings, infinity; or a duplicate key, a second document, too much depth or too many
            aliases.
    """
    root = _Parser(name, text, scalars or Scalars(_plain_value)).root()
    builder = _Builder(name, text)
    value = builder.build(root, (), None)
    return warn_of_doubtful_strings(Document(name, text, value, builder.places))


def write_yaml(value: Any, *, ascii_only: bool = False) -> str:
    """A JSON value as YAML that `parse_yaml`, and readers of YAML 1.1, read as the same value.

    Characters that a terminal or an editor acts on without showing them are escaped.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar(
            "tag:yaml.org,2002:str", value, style=None if _may_be_plain(value) else '"'
        )

    Dumper.add_representer(str, text)
    written = yaml.dump(
        value, Dumper=Dumper, sort_keys=False, allow_unicode=not ascii_only, width=100
    )
    return escape_invisible(written, escape)


def escape(character: str) -> str:
    """Return the escape of a character in a string in double quotes."""
    point = ord(character)
    return f"\\u{point:04X}" if point <= 0xFFFF else f"\\U{point:08X}"


def _may_be_plain(text: str) -> bool:
    if _OTHERWISE_IN_1_1.fullmatch(text):
        return False
    try:
        return _plain_value(text) == text and not _REFUSED.search(text) and is_visible(text)
    except ValueError:
        return False


# Strings here, but numbers, booleans or dates for some reader of YAML 1.1, as Go's is.
_OTHERWISE_IN_1_1 = re.compile(
    r"[yYnN]|[-+]?(?:0[xXoObB][0-9a-fA-F_]+|\.?[0-9][0-9_.,:]*(?:[eE][-+]?[0-9]+)?)|=|<<"
)
# Control characters, and line breaks of YAML 1.1, which PyYAML reads, but not of 1.2.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# A number with a leading zero is octal for some and decimal for others: it stays a string.
_NUMBER = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]*)?|(?P<short>\.[0-9]+))"
    r"(?P<exponent>[eE][-+]?[0-9]+)?"
)
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NOT_DECIMAL = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")


class ScalarError(ValueError):
    """A scalar that is not a JSON value; holds a message and a hint."""


def _plain_value(word: str) -> Any:
    """Return what a plain scalar means.

    Raises:
        ScalarError: it is a number that JSON does not have, or that parsers read differently.
    """
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if number := _NUMBER.fullmatch(word):
        try:
            return read_number(word, is_float=any(number.groupdict().values()))
        except ValueError as error:
            raise ScalarError(*error.args) from None
    if _NOT_A_NUMBER.fullmatch(word):
        raise ScalarError("infinity and NaN cannot be stored")
    if _NOT_DECIMAL.fullmatch(word):
        hint = "write it as a decimal number, or in quotes if it is a string"
        raise ScalarError("not a decimal number", hint)
    return word


@dataclass
class _Node:
    """A value as written in the text.

    `alias_of` is what an alias refers to; `merges` marks a key whose value is merged.
    """

    offset: int
    scalar: Any = None
    members: list[tuple[_Node, _Node]] | None = None
    items: list[_Node] | None = None
    alias_of: _Node | None = None
    merges: bool = False

    @property
    def meant(self) -> _Node:
        return self.alias_of or self


@dataclass
class _Parser:
    """Makes nodes of PyYAML's events; collects what is wrong with them."""

    name: str
    text: str
    scalars: Scalars
    values: int = 0
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, _Node | None] = field(default_factory=dict)

    def root(self) -> _Node:
        import yaml

        if control := _REFUSED.search(self.text):
            self._refuse_character(control)
        # The pure parser takes twenty times as long.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events: Iterator[Event] = yaml.parse(self.text, Loader=loader)
        try:
            next(self._events)  # the start of the stream
            if isinstance(next(self._events), yaml.StreamEndEvent):
                raise empty_input(self.name)
            root = self._node(next(self._events), ())
            next(self._events)  # the end of the document
            following = next(self._events)
        except yaml.YAMLError as error:
            message, offset, hint = _complaint(error, self.text)
            self._refuse_syntax(message, offset, hint)
        if isinstance(following, yaml.DocumentStartEvent):
            hint = "put each configuration in a file of its own"
            self._refuse("a second document begins here", _offset(following), hint)
        if isinstance(root.scalar, str) and self.text[root.offset : root.offset + 1] not in "\"'|>":
            # Almost any text is one string in YAML: HTML, TOML, a list of variables.
            mistake = explain(self.text, root.offset, "yaml", "file")
            if mistake is not None:
                self._refuse("not YAML: " + mistake.message, mistake.offset, mistake.hint)
            if re.match(r"[\w.-]+:[^ \t\n]", root.scalar):
                self._refuse(
                    "a space is missing after the colon", root.offset, "write `key: value`"
                )
        if self.problems:
            raise InvalidInputError(self.problems)
        return root

    def _problem(self, message: str, offset: int, path: Path = (), hint: str = "") -> None:
        line, column = line_and_column(self.text, offset)
        self.problems.append(Problem(message, self.name, line, column, path, hint=hint or None))
        if len(self.problems) == MAX_PROBLEMS:
            raise InvalidInputError(self.problems)

    def _refuse(self, message: str, offset: int, hint: str = "") -> NoReturn:
        """Report this problem alone: what follows it cannot be understood."""
        self._problem(message, offset, hint=hint)
        raise InvalidInputError(self.problems[-1:])

    def _refuse_syntax(self, message: str, offset: int, hint: str = "") -> NoReturn:
        """Report the common mistake at this place, or else what the grammar expects."""
        if mistake := explain(self.text, offset, "yaml", "value"):
            message, offset, hint = mistake.message, mistake.offset, mistake.hint
        self._refuse("not YAML: " + message, offset, hint)

    def _refuse_character(self, control: re.Match[str]) -> NoReturn:
        code = ord(control.group())
        escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
        hint = f"write it as an escape in double quotes: {escape}"
        self._refuse("not YAML: a control character", control.start(), hint)

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
            self._problem("tags are not supported", offset, path, _TAG_HINT)
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
            self._refuse("unknown alias: no anchor of this name precedes it", offset, _STAR_HINT)
        node = self.anchors[anchor]
        if node is None:
            self._refuse("an alias inside the value that it refers to", offset)
        return node.meant

    def _scalar(self, event: Any, offset: int, path: Path) -> Any:
        if event.style is None or event.style == "":
            try:
                return self.scalars.value(event.value)
            except ScalarError as error:
                self._problem(error.args[0], offset, path, *error.args[1:])
        elif any("\ud800" <= character <= "\udfff" for character in event.value):
            self._problem("half a surrogate pair in a string", offset, path)
        return event.value

    def _members(self, path: Path) -> list[tuple[_Node, _Node]]:
        import yaml

        members: list[tuple[_Node, _Node]] = []
        seen: set[str] = set()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            name = key.meant.scalar
            inner = (*path, name) if isinstance(name, str) else path
            self._check_key(key, event, path, seen)
            seen.add(str(name))
            members.append((key, self._node(next(self._events), inner)))
        return members

    def _key(self, event: Event, path: Path) -> _Node:
        node = self._node(event, (*path, ""))
        is_scalar = node.alias_of is None and node.members is None and node.items is None
        if is_scalar and self.scalars.key is not None and not isinstance(node.scalar, str):
            node.scalar = self.scalars.key(node.scalar)
        node.merges = node.scalar == "<<" and self.scalars.merges and not _is_quoted(event)
        return node

    def _check_key(self, key: _Node, event: Event, path: Path, seen: set[str]) -> None:
        name = key.meant.scalar
        if not isinstance(name, str):
            mistake = explain(self.text, key.offset, "yaml", "value")
            if mistake is not None:
                self._problem(mistake.message, mistake.offset, path, mistake.hint)
            else:
                self._problem(f"{_kind(key)} cannot be a key", key.offset, path, _KEY_HINT)
        elif name in seen:
            written = getattr(event, "value", name)
            hint = f'{written} is read as "{name}"; put it in quotes' if written != name else ""
            self._problem("duplicate key", key.offset, (*path, name), hint)
        elif name == "<<" and not key.merges and not _is_quoted(event):
            hint = "write the fields out; an alias can be a whole value"
            self._problem("merge keys are not supported", key.offset, path, hint)


def _is_quoted(event: Any) -> bool:
    return bool(getattr(event, "style", "*"))


def _offset(event: Any) -> int:
    return int(event.start_mark.index)


def _kind(node: _Node) -> str:
    if node.meant.members is not None or node.meant.items is not None:
        return "a list" if node.meant.members is None else "an object"
    if node.meant.scalar is None:
        return "null"
    return "a boolean" if isinstance(node.meant.scalar, bool) else "a number"


class _Builder:
    """Makes the value of a node, with aliases replaced, and records the places in it.

    A value that an alias refers to has the alias's place; what is inside it, the place where it is
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
            value = self._map(meant.members, path)
        if outermost:
            self._alias = None
        return value

    def _map(self, members: list[tuple[_Node, _Node]], path: Path) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own = self.places[path]
        for _, inner in (member for member in members if member[0].merges):
            for source in [inner] if inner.meant.items is None else inner.meant.items:
                value = self.build(source, path, own.key)
                if not isinstance(value, dict):
                    problem = Problem(
                        "a merge key takes a map or a list of maps",
                        self._name,
                        *line_and_column(self._text, source.offset),
                        path,
                    )
                    raise InvalidInputError([problem])
                merged = value | merged
        self.places[path] = own
        return merged | {
            name.meant.scalar: self.build(inner, (*path, name.meant.scalar), name.offset)
            for name, inner in members
            if not name.merges
        }

    def _count(self, node: _Node) -> None:
        keys = sum(len(key.meant.scalar) for key, _ in node.members or ())
        self._expanded += _VALUE_WEIGHT + keys + len(str(node.scalar or ""))
        if self._expanded > MAX_EXPANSION:
            raise self._error(f"aliases expand to more than {MAX_EXPANSION:,} characters")

    def _error(self, message: str) -> InvalidInputError:
        offset = self._alias.offset if self._alias else 0
        line, column = line_and_column(self._text, offset)
        return InvalidInputError([Problem(message, self._name, line, column)])


_ESCAPE_HINT = "in single quotes a backslash is an ordinary character"
_INDENT_HINT = "check the indentation, and the line above"
_KEY_HINT = "put it in quotes: keys are strings"
_STAR_HINT = "put the value in quotes if it only begins with *"
_TAG_HINT = "remove it; quotes make a value a string"
_COMPLAINTS: tuple[tuple[str, str, str], ...] = (
    # What PyYAML says (its two parsers differ in words), the message, the hint.
    ("mapping values are not allowed", "a colon is not allowed here", 'quote a value with ": "'),
    ("flow sequence.*expected ','", 'a comma or "]" is expected', ""),
    ("flow mapping.*expected ','", 'a comma or "}" is expected', ""),
    ("block collection", 'a "-" is expected: this is not an item of the list', _INDENT_HINT),
    ("block mapping", "a key is expected here", _INDENT_HINT),
    ("escape|hexa?decimal number", "an invalid escape in a string", _ESCAPE_HINT),
    ("tag", "tags are not supported", _TAG_HINT),
    (
        "anchor|alias",
        "a name of letters and digits is expected after & or *",
        "put the value in quotes if it only begins with & or *",
    ),
    ("document start", "text after the end of the value", ""),
    ("directive|incompatible", "unsupported directive", "remove the line that begins with %"),
    ("block scalar", "only a comment is allowed after | or >", ""),
    ("node content", "a value is expected here", ""),
)


def _complaint(error: YAMLError, text: str) -> tuple[str, int, str]:
    """PyYAML's complaint in our words: the message, the offset in characters, and a hint.

    No value of the input is repeated.
    """
    problem_mark: Any = getattr(error, "problem_mark", None)
    start: Any = getattr(error, "context_mark", None) or problem_mark
    complaint = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    if problem_mark is None:
        return "the text cannot be read", 0, ""
    offset: int = problem_mark.index
    character = text[offset : offset + 1]
    if "unexpected end of stream" in complaint:
        return "the closing quote is missing", start.index, ""
    if "could not find expected ':'" in complaint:
        return "a colon is expected after the key", start.index, _INDENT_HINT
    if "cannot start any token" in complaint:
        if character == "\t":
            return "a tab in the indentation", offset, "indent with spaces"
        return "a value cannot begin with this character", offset, "put it in quotes"
    if "flow " in complaint and not text[offset:].strip():
        return "the closing bracket is missing", start.index, ""
    if character and character in "]}" and "block" in complaint:
        return "a closing bracket without an opening one", offset, ""
    for pattern, message, hint in _COMPLAINTS:
        if re.search(pattern, complaint):
            return message, offset, hint
    return "invalid syntax", offset, ""
