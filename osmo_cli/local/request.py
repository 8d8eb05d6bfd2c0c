"""Requests as the handlers see them, and their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from osmo_cli.local.checking.messages import Invalid, InvalidRequestError, Location, choice
from osmo_cli.local.jwts import Identity

_FLAGS = {
    **dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True),
    **dict.fromkeys(("0", "off", "f", "false", "n", "no"), False),
}


_JSON_TYPE = re.compile(r"\s*application/([^;/]+\+)?json\s*(;|$)", re.IGNORECASE)
_DATE = r"(\d{4})-(\d\d?)-(\d\d?)"
_CLOCK = r"(\d\d?):(\d\d?)(?::(\d\d?)(?:\.(\d{1,6})\d*)?)?"
_ZONE = r"(Z|[+-]\d\d(?::?\d\d)?)?"
_FIRST_TIME = re.compile(f"{_DATE}[T ]{_CLOCK}{_ZONE}", re.ASCII)
_SECOND_TIME = re.compile(
    f"{_DATE}(?:[Tt _]{_CLOCK}{_ZONE})?".replace(r"\d\d?", r"\d\d").replace("Z", "[Zz]"), re.ASCII
)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_MILLISECONDS_FROM = 2e10
"""A unix time above this is in milliseconds."""


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        path: the path's parameters.
        query: names and values in order.
        accept: the Accept header.
        content_type: the Content-Type header.
        caller: who makes the request.
    """

    path: dict[str, str]
    query: list[tuple[str, str]]
    body: bytes
    accept: str
    content_type: str
    caller: Identity

    def json(self) -> Any:
        """The body.

        Raises:
            InvalidRequestError: it is missing or not JSON.
        """
        if not self.body:
            raise InvalidRequestError(Invalid("missing", ("body",)))
        if not _JSON_TYPE.match(self.content_type):
            # The service's framework leaves any other body as bytes.
            text = self.body.decode("utf-8", "replace")
            raise InvalidRequestError(Invalid("model_attributes_type", ("body",), text))
        try:
            value = json.loads(self.body)
        except json.JSONDecodeError as error:
            raise _not_json(error.pos, error.msg) from None
        except (UnicodeDecodeError, RecursionError) as error:
            raise _not_json(0, type(error).__name__) from None
        if value is None:
            raise InvalidRequestError(Invalid("missing", ("body",)))
        return value


@dataclass(frozen=True)
class Response:
    """An answer.

    Attributes:
        data: what is sent as JSON.
        indent: spaces that each level is indented by, or None for compact JSON.
        text: sent as text instead of `data`.
        media_type: of the text.
        headers: further headers.
        unhandled: the real service fails here; the answer gets no further headers.
    """

    data: Any = None
    status: int = 200
    indent: int | None = None
    text: str | None = None
    media_type: str = "text/plain"
    headers: Mapping[str, str] | None = None
    unhandled: bool = False


def _not_json(position: int, message: str) -> Exception:
    return InvalidRequestError(
        Invalid("json_invalid", ("body", position), {}, {"error": message}, "JSON decode error")
    )


@dataclass
class Parameters:
    """Reads query and path parameters as the service's framework does; collects what is wrong.

    Each method returns the value; where it is wrong, something of the right type, and `done`
    raises.
    """

    request: Request
    problems: list[Invalid] = field(default_factory=list)

    def done(self) -> None:
        """Raise InvalidRequestError if a parameter was missing or wrong."""
        if self.problems:
            raise InvalidRequestError(*self.problems)

    def _refuse(self, kind: str, loc: Location, value: Any = None, **context: Any) -> None:
        self.problems.append(Invalid(kind, loc, value, context))

    def texts(self, name: str) -> list[str]:
        """Return all values of a repeatable parameter."""
        return [value for key, value in self.request.query if key == name]

    def text(self, name: str) -> str | None:
        """Return the last value of a parameter, or None."""
        values = self.texts(name)
        return values[-1] if values else None

    def required(self, name: str) -> str:
        """Return a required parameter."""
        value = self.text(name)
        if value is None:
            self._refuse("missing", ("query", name))
        return value or ""

    def integer(
        self,
        name: str,
        *,
        above: int | None = None,
        least: int | None = None,
        most: int | None = None,
    ) -> int | None:
        """Return an integer above `above`, at least `least` and at most `most`, or None."""
        value = self.text(name)
        if value is None:
            return None
        loc = ("query", name)
        number = self._integer(loc, value)
        if above is not None and number <= above:
            self._refuse("greater_than", loc, value, gt=above)
        if least is not None and number < least:
            self._refuse("greater_than_equal", loc, value, ge=least)
        if most is not None and number > most:
            self._refuse("less_than_equal", loc, value, le=most)
        return number

    def required_integer(self, name: str) -> int:
        """Return a required integer."""
        value = self.required(name)
        return self._integer(("query", name), value) if value else 0

    def path_integer(self, name: str) -> int:
        """Return an integer in the path."""
        return self._integer(("path", name), self.request.path[name])

    def _integer(self, loc: tuple[str, str], text: str) -> int:
        try:
            return int(text)
        except ValueError:
            self._refuse("int_parsing", loc, text)
            return 1

    def flag(self, name: str) -> bool:
        """Return a boolean, which is false if it is left out."""
        value = self.text(name)
        if value is None:
            return False
        flag = _FLAGS.get(value.lower())
        if flag is None:
            self._refuse("bool_parsing", ("query", name), value)
        return bool(flag)

    def choices(self, name: str, permitted: list[str]) -> list[str] | None:
        """Return repeatable strings, each one of `permitted`, or None."""
        values = self.texts(name)
        for index, value in enumerate(values):
            self._check_choice(("query", name, index), value, permitted)
        return values or None

    def choice(self, name: str, permitted: list[str], default: str | None = None) -> str:
        """Return one of `permitted`; required if there is no default."""
        value = self.required(name) if default is None else self.text(name) or default
        if value:
            self._check_choice(("query", name), value, permitted)
        return value

    def _check_choice(self, loc: tuple[str | int, ...], value: str, permitted: list[str]) -> None:
        if value not in permitted:
            self.problems.append(choice(loc, value, permitted))

    def time(self, name: str, *, date_alone: bool) -> datetime | None:
        """Return a date with a time, in UTC if it has no zone, or None.

        Args:
            date_alone: a date without a time is allowed.
        """
        value = self.text(name)
        if value is None:
            return None
        try:
            return _parse_time(value, date_alone)
        except ValueError:
            loc, error = ("query", name), "invalid character in year"
            self._refuse("datetime_from_date_parsing", loc, value, error=error)
            return None


def _parse_time(text: str, date_alone: bool) -> datetime:
    """Return a time in UTC without a zone (docs/service/history.md#query-parameters).

    Raises:
        ValueError: it is not a time.
    """
    if _NUMBER.fullmatch(text):
        seconds = float(text)
        try:
            return datetime.fromtimestamp(
                seconds / 1000 if abs(seconds) > _MILLISECONDS_FROM else seconds, UTC
            ).replace(tzinfo=None)
        except (OverflowError, OSError):
            raise ValueError(text) from None
    match = (_SECOND_TIME if date_alone else _FIRST_TIME).fullmatch(text)
    if match is None:
        raise ValueError(text)
    *parts, fraction, zone = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    micro = int((fraction or "").ljust(6, "0"))
    return _in_utc(datetime(year, month, day, hour, minute, second, micro), zone or "")


def _in_utc(time: datetime, zone: str) -> datetime:
    """Return a time of a zone in UTC; the first or last time that exists where it lies beyond."""
    if not zone.startswith(("+", "-")):
        return time
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    try:
        return time - offset if zone[0] == "+" else time + offset
    except OverflowError:
        return datetime.min if zone[0] == "+" else datetime.max
