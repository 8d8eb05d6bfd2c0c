"""Removal of the secrets of a run from what it prints.

The bounds (docs/security.md#secrets-in-output):

- A secret is known from 6 characters on, as it is and in every form of `encodings`.
- Beside the mark of a shortening (`...`), 4 characters of its beginning or end are enough.
- Of a secret that looks generated, so are 8 characters anywhere that are not just a word.
- Data for machines is redacted by field before it gets here. A secret is also looked for, but not
  one that looks like a name, since other fields may hold the same name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain, pairwise
from typing import Any

from osmo_cli.output.clean import clean
from osmo_cli.output.encodings import Form, decoded, inner_secrets, places, whole_forms
from osmo_cli.quick_dataclass import dataclass

SHORTEST_SECRET = 6
"""Length below which a secret is not looked for, since it would match ordinary words."""
SHORTEST_SIDE = 4
"""Characters of a secret that are enough beside the mark of a shortening."""
SHORTEST_PIECE = 8
"""Characters of a generated secret that are enough anywhere."""

REMARK = "(secret)"
_LEVELS = 7
"""How often escapes are read: a message may hold JSON that holds JSON."""
# Patterns are compiled when they are needed: each command loads this module.
_GAP = (
    r"""["']?(?:[\[<({](?:\.{2,}|…|\*{3,}|[0-9 ]*(?:more|omitted|snip|truncated)[a-z ]*)[\])>}]"""
    r"""|\.{3,}|…|\*{3,})["']?"""
)
"""The mark of a shortening or of a mask, alone or in brackets, perhaps between two quotes."""
_WORDS = r"[A-Za-z0-9+/=_.~-]{8,}"
_GENERATED_LENGTH = 12
_GENERATED_CHANGES = 3
_NAME = r"(?:[^\W\d_]?[^\W\dA-Z_]*|[A-Z]+)[0-9]{0,6}"
_BETWEEN_NAMES = r"[-_./:,@= ~]+"

Span = tuple[int, int]


class Redactor:
    """Replaces the secrets of this run in text."""

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}

    def add(self, secret: str | None) -> None:
        """Replace `secret`, each line of it, and the secrets in it, from now on."""
        if not secret or secret in self._secrets:
            return
        self._secrets[secret] = None
        for name in ("_all", "_distinct"):
            self.__dict__.pop(name, None)

    def redact(self, text: str) -> str:
        """Return text for people without the known secrets, each replaced by `(secret)`."""
        return self._all.redacted(text, pieces=True) if self._secrets else text

    def redact_data(self, value: Any) -> Any:
        """Return data for machines without the known secrets that do not look like names."""
        if not self._secrets or not self._distinct.occur_in("\n".join(_strings(value))):
            return value
        return _each_string(value, self.redact_document)

    def redact_document(self, text: str) -> str:
        """Return text for machines without the known secrets that do not look like names."""
        return self._distinct.redacted(text, pieces=False) if self._secrets else text

    def redact_messages(self, value: Any) -> Any:
        """Return data that is made of messages for people, without the known secrets."""
        return _each_string(value, self.redact)

    @cached_property
    def _all(self) -> _Known:
        return _Known(list(dict.fromkeys(chain.from_iterable(map(_texts, self._secrets)))))

    @cached_property
    def _distinct(self) -> _Known:
        return _Known([secret for secret in self._all.secrets if not looks_like_a_name(secret)])


def looks_like_a_name(secret: str) -> bool:
    """Whether a secret may well be the value of a field that is not secret.

    Such are words and numbers, as in `gpu-a100`, a path, an address or a sentence.
    """
    return all(re.fullmatch(_NAME, part) for part in re.split(_BETWEEN_NAMES, secret))


def looks_generated(secret: str) -> bool:
    """Whether a secret looks random: letters, digits and cases of it change often enough."""
    if len(secret) < _GENERATED_LENGTH:
        return False
    return _changes(secret) >= _GENERATED_CHANGES


def _changes(text: str) -> int:
    """Return how often letters, digits and cases change, but for a capital before small letters."""
    return sum(pair in _CHANGES for pair in pairwise(map(_kind, text)))


_CHANGES = frozenset([("a", "0"), ("A", "0"), ("0", "a"), ("0", "A"), ("a", "A")])


def _kind(character: str) -> str:
    if character.isdigit():
        return "0"
    return "A" if character.isupper() else "a" if character.isalpha() else " "


def _texts(secret: str) -> Iterator[str]:
    """Return what to look for of one secret: the whole, its lines, and the secrets in it."""
    for text in (secret, *inner_secrets(secret)):
        for line in (text, *text.splitlines()):
            line = line.strip()
            if len(line) >= SHORTEST_SECRET:
                yield line


@dataclass
class _Known:
    """Some secrets, with all of their forms."""

    secrets: list[str]

    @cached_property
    def forms(self) -> list[Form]:
        """What to look for: the secrets, as they are and as escapes leave them, and base64."""
        forms: dict[str, Form] = {}
        for secret in self.secrets:
            for form in (Form(secret), Form(clean(secret)), *whole_forms(secret)):
                text = form.text
                for _ in range(_LEVELS):
                    if len(text) < SHORTEST_SECRET or text in forms:
                        break
                    forms[text] = Form(text, form.before, form.after)
                    text = decoded(text)
        return list(forms.values())

    @cached_property
    def _joined(self) -> str:
        return "\n".join(form.text for form in self.forms)

    @cached_property
    def _pieces(self) -> frozenset[str]:
        """Every piece of a secret that looks generated, in each of its forms.

        The members of a JSON document are secrets of their own, and some of them are public.
        """
        generated = _Known(
            [text for text in self.secrets if looks_generated(text) and not text.startswith("{")]
        )
        return frozenset(
            form.text[at : at + SHORTEST_PIECE]
            for form in generated.forms
            for at in range(len(form.text) - SHORTEST_PIECE + 1)
        )

    def occur_in(self, text: str) -> bool:
        """Whether one of these secrets is in `text`, whole or shortened."""
        return any(True for _ in self._spans(text, pieces=False))

    def redacted(self, text: str, *, pieces: bool) -> str:
        """Return `text` without these secrets.

        Args:
            text: any text.
            pieces: whether also pieces of them are replaced.
        """
        spans = _merged(self._spans(text, pieces=pieces))
        for start, end in reversed(spans):
            text = text[:start] + REMARK + text[end:]
        return text

    def _spans(self, text: str, *, pieces: bool) -> Iterator[Span]:
        """Return where secrets are, as they are and below each level of escapes."""
        starts: list[int] | None = None
        above: list[str] = []
        for _ in range(_LEVELS):
            spans = [*self._whole(text), *self._shortened(text)]
            if pieces:
                spans += self._in_pieces(text)
            if spans and above and starts is None:
                starts = list(range(len(above[0]) + 1))
            if spans and starts is not None:
                while above:
                    level = places(above.pop(0))
                    starts = [starts[place] for place in level]
                yield from ((starts[start], starts[end]) for start, end in spans)
            else:
                yield from spans
            below = decoded(text)
            if below == text:
                return
            above.append(text)
            text = below

    def _whole(self, text: str) -> Iterator[Span]:
        for form in self.forms:
            start = text.find(form.text)
            while start >= 0:
                end = start + len(form.text)
                yield _grown(text, start, end, form)
                start = text.find(form.text, end)

    def _shortened(self, text: str) -> Iterator[Span]:
        """Return the beginnings before, and the ends after, the marks of shortenings."""
        for gap in re.finditer(_GAP, text):
            sides = (
                text[max(gap.start() - SHORTEST_SIDE, 0) : gap.start()],
                text[gap.end() : gap.end() + SHORTEST_SIDE],
            )
            # Most marks are beside other text, and data holds thousands of masks.
            if not any(len(side) == SHORTEST_SIDE and side in self._joined for side in sides):
                continue
            for form in self.forms:
                before = _beginning(text, gap.start(), form.text)
                after = _end(text, gap.end(), form.text)
                if max(before, after) >= SHORTEST_SIDE:
                    yield (
                        gap.start() - before if before else gap.end(),
                        gap.end() + after if after else gap.start(),
                    )

    def _in_pieces(self, text: str) -> Iterator[Span]:
        for word in re.finditer(_WORDS, text):
            starts = range(word.start(), word.end() - SHORTEST_PIECE + 1)
            pieces = {start: text[start : start + SHORTEST_PIECE] for start in starts}
            if any(_is_mixed(piece) for piece in pieces.values()):
                known = [start for start, piece in pieces.items() if piece in self._pieces]
                if any(_is_mixed(pieces[start]) for start in known):
                    yield from ((start, start + SHORTEST_PIECE) for start in known)


def _is_mixed(piece: str) -> bool:
    return _changes(piece) > 0


def _grown(text: str, start: int, end: int, form: Form) -> Span:
    """Return a span with the base64 characters around it that hold bits of the secret."""
    for _ in range(form.before):
        if start and _is_base64(text[start - 1]):
            start -= 1
    if form.after:
        if end < len(text) and _is_base64(text[end]):
            end += 1
        while text[end : end + 1] == "=":
            end += 1
    return start, end


def _is_base64(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "+/-_ ")


def _beginning(text: str, end: int, secret: str) -> int:
    """Return how many characters before `end` are the beginning of a secret; the most."""
    if end == 0:
        return 0
    first = secret[:1]
    at = text.find(first, max(0, end - len(secret)), end)
    while at >= 0:
        if secret.startswith(text[at:end]):
            return end - at
        at = text.find(first, at + 1, end)
    return 0


def _end(text: str, start: int, secret: str) -> int:
    """Return how many characters from `start` on are the end of a secret; the most."""
    last = secret[-1:]
    limit = min(len(text), start + len(secret))
    at = text.rfind(last, start, limit)
    while at >= 0:
        if secret.endswith(text[start : at + 1]):
            return at + 1 - start
        at = text.rfind(last, start, at)
    return 0


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _each_string(value: Any, change: Callable[[str], str]) -> Any:
    """Return a copy of JSON data with every string and key changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(str(key)): _each_string(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each_string(inner, change) for inner in value]
    return value


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return merged
