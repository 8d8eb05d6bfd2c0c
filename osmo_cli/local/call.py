"""A request as the handlers see it, and their answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from osmo_cli.local.faults import detail, enum_detail, invalid_request, limit_detail
from osmo_cli.local.jwts import Identity

_FLAGS = {
    **dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True),
    **dict.fromkeys(("0", "off", "f", "false", "n", "no"), False),
}


@dataclass(frozen=True)
class Call:
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
            Fault: there is none, or it is not JSON (422).
        """
        if not self.body:
            raise invalid_request(_missing(("body",)))
        if self.content_type and "json" not in self.content_type:
            # The service's framework leaves any other body as bytes.
            raise invalid_request(detail(("body",), "value is not a valid dict", "type_error.dict"))
        try:
            value = json.loads(self.body)
        except json.JSONDecodeError as error:
            raise _not_json(error.pos, error.msg) from None
        except (UnicodeDecodeError, RecursionError) as error:
            raise _not_json(0, type(error).__name__) from None
        if value is None:
            raise invalid_request(_missing(("body",)))
        return value


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        data: what is sent as JSON.
        indent: spaces that each level is indented by, or None for compact JSON.
        text: sent as plain text instead of `data`.
    """

    data: Any = None
    status: int = 200
    indent: int | None = None
    text: str | None = None


def _not_json(position: int, message: str) -> Exception:
    return invalid_request(
        {
            "type": "json_invalid",
            "loc": ["body", position],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": message},
        }
    )


def _missing(loc: tuple[str | int, ...]) -> dict[str, Any]:
    return detail(loc, "field required", "value_error.missing")


@dataclass
class Parameters:
    """Reads query and path parameters as the service's framework does; collects what is wrong.

    Each method returns the value; where it is wrong, something of the right type, and `done`
    raises.
    """

    call: Call
    problems: list[dict[str, Any]] = field(default_factory=list)

    def done(self) -> None:
        """Raise Fault (422) if a parameter was missing or wrong."""
        if self.problems:
            raise invalid_request(*self.problems)

    def texts(self, name: str) -> list[str]:
        """All values of a repeatable parameter."""
        return [value for key, value in self.call.query if key == name]

    def text(self, name: str) -> str | None:
        """The last value of a parameter, or None."""
        values = self.texts(name)
        return values[-1] if values else None

    def required(self, name: str) -> str:
        """A parameter that must be there."""
        value = self.text(name)
        if value is None:
            self.problems.append(_missing(("query", name)))
        return value or ""

    def integer(
        self,
        name: str,
        *,
        above: int | None = None,
        least: int | None = None,
        most: int | None = None,
    ) -> int | None:
        """A whole number greater than `above`, at least `least` and at most `most`, or None."""
        value = self.text(name)
        if value is None:
            return None
        loc = ("query", name)
        number = self._integer(loc, value)
        if above is not None and number <= above:
            self.problems.append(limit_detail(loc, above, "greater than", "not_gt"))
        if least is not None and number < least:
            self.problems.append(limit_detail(loc, least, "greater than or equal to", "not_ge"))
        if most is not None and number > most:
            self.problems.append(limit_detail(loc, most, "less than or equal to", "not_le"))
        return number

    def required_integer(self, name: str) -> int:
        """A whole number that must be there."""
        value = self.required(name)
        return self._integer(("query", name), value) if value else 0

    def path_integer(self, name: str) -> int:
        """A whole number in the path."""
        return self._integer(("path", name), self.call.path[name])

    def _integer(self, loc: tuple[str, str], text: str) -> int:
        try:
            return int(text)
        except ValueError:
            self.problems.append(detail(loc, "value is not a valid integer", "type_error.integer"))
            return 1

    def flag(self, name: str) -> bool:
        """A boolean that is false where it is left out."""
        value = self.text(name)
        if value is None:
            return False
        found = _FLAGS.get(value.lower())
        if found is None:
            self.problems.append(
                detail(("query", name), "value could not be parsed to a boolean", "type_error.bool")
            )
        return bool(found)

    def choices(self, name: str, permitted: list[str]) -> list[str] | None:
        """Repeatable texts, each one of `permitted`; None where there is none."""
        values = self.texts(name)
        for index, value in enumerate(values):
            self._check_choice(("query", name, index), value, permitted)
        return values or None

    def choice(self, name: str, permitted: list[str], default: str | None = None) -> str:
        """One of `permitted`; required where there is no default."""
        value = self.required(name) if default is None else self.text(name) or default
        if value:
            self._check_choice(("query", name), value, permitted)
        return value

    def _check_choice(self, loc: tuple[str | int, ...], value: str, permitted: list[str]) -> None:
        if value not in permitted:
            self.problems.append(enum_detail(loc, permitted))

    def time(self, name: str) -> datetime | None:
        """A date with a time, in UTC where it names no zone; None where it is left out."""
        value = self.text(name)
        if value is None:
            return None
        try:
            # pydantic 1 refuses a date alone.
            time = datetime.fromisoformat(value if len(value) > len("2026-01-01") else "")
        except ValueError:
            self.problems.append(
                detail(("query", name), "invalid datetime format", "value_error.datetime")
            )
            return None
        return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)
