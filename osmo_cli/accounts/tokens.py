"""Names and expiration dates of access tokens.

docs/service/tokens.md#names-and-expiration
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from itertools import count

from osmo_cli.accounts.names import check_name
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass

DEFAULT_DAYS = 31
SOON_DAYS = 7
NAME_PATTERN = r"^[a-zA-Z]([a-zA-Z0-9_-]*[a-zA-Z0-9])?$"
_NUMBERED = r"(.*[^-])-([2-9]|[1-9]\d+)"
_DATE = r"(\d{4})-(\d{1,2})-(\d{1,2})"
DURATION = r"(\d+)(d|h|m|s|ms|us)"
"""A pattern, to use with `re.ASCII`."""
ISO_DURATION = r"P(?=[\dT])(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
"""The other way to write a duration, from 6.3 on: weeks, days, hours, minutes and seconds."""
_ISO_UNITS = ("weeks", "days", "hours", "minutes", "seconds")
DURATION_UNITS = {
    "d": "days",
    "h": "hours",
    "m": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
}
NOT_A_DURATION = "must be a duration: an integer with d, h, m, s, ms or us, such as 365d"


def parse_duration(text: str) -> timedelta | None:
    """Return the duration `text`, at most the longest possible one, or None if it is invalid."""
    try:
        if match := re.fullmatch(DURATION, text, re.ASCII):
            return timedelta(**{DURATION_UNITS[match[2]]: int(match[1])})
        if match := re.fullmatch(ISO_DURATION, text, re.ASCII):
            amounts = (int(amount or 0) for amount in match.groups())
            return timedelta(**dict(zip(_ISO_UNITS, amounts, strict=True)))
    except (OverflowError, ValueError):  # int() takes no number of thousands of digits
        return timedelta.max
    return None


@dataclass(frozen=True)
class TokenOwner:
    """The owner of the tokens that a command uses: the caller, unless one of these is given.

    Attributes:
        service: those of service accounts, each of which has the name of its token.
        user: those of this user.
    """

    service: bool = False
    user: str | None = None

    @property
    def flags(self) -> str:
        """What says so on a command line, with a blank before it."""
        if self.service:
            return " --service"
        return f" --user {self.user}" if self.user is not None else ""


def today() -> date:
    """The day in UTC, which is what the service counts by."""
    return datetime.now(UTC).date()


def check_token_name(name: str) -> str:
    """`name`, if the service takes it.

    Raises:
        UsageError: it does not.
    """
    return check_name(
        name,
        NAME_PATTERN,
        what="the name of a token",
        rule="use ASCII letters, digits, - and _; start with a letter, end with a letter or digit",
    )


def base_name(name: str) -> str:
    """Return the name without the number that a rotation added: `agent` for `agent-2`."""
    match = re.fullmatch(_NUMBERED, name, re.ASCII)
    return match[1] if match else name


def successor_name(name: str, taken: Collection[str]) -> str:
    """Return the name of the token that replaces another: `agent-2` for `agent`.

    Args:
        name: of the token that is replaced.
        taken: names that tokens have.
    """
    match = re.fullmatch(_NUMBERED, name, re.ASCII)
    base, number = (match[1], int(match[2])) if match else (name, 1)
    return next(
        successor
        for successor in (f"{base}-{following}" for following in count(number + 1))
        if successor not in taken
    )


def check_expiry(text: str | None, longest: str | None, *, default_days: int = DEFAULT_DAYS) -> str:
    """The expiry date to send, as YYYY-MM-DD.

    Args:
        text: what the user said; None is `default_days` from today, or as long as is possible.
        longest: the service's `max_token_duration`, or None where it is not known.
        default_days: by default as in the official CLI.

    Raises:
        UsageError: it is no date, not in the future, or further away than the service allows.
    """
    now = today()
    if text is None:
        day = now + timedelta(days=default_days)
    else:
        match = re.fullmatch(_DATE, text, re.ASCII)
        try:
            day = date(*map(int, match.groups())) if match else date.min
        except ValueError:
            day = date.min
        if day == date.min:
            example = now + timedelta(days=DEFAULT_DAYS)
            raise UsageError(
                f'"{text}" is not a date', hint=f"write it as YYYY-MM-DD, for example {example}"
            )
    if day <= now:
        raise UsageError(
            f"{day} is not in the future: today is {now} (UTC)",
            hint="a token works through the day before its expiry date",
        )
    last = last_day(now, longest)
    if last is not None and last <= now:
        raise UsageError(
            f"tokens of this service can last at most {longest}, but need a whole day",
            hint="raise service_auth.max_token_duration in the SERVICE configuration",
        )
    if last is not None and day > last:
        if text is None:
            return last.isoformat()
        raise UsageError(
            f"{day} is too late: tokens of this service can last at most {longest}",
            hint=f"the last possible date is {last}",
        )
    return day.isoformat()


def last_day(now: date, longest: str | None) -> date | None:
    """The furthest expiry date from `now` with a `max_token_duration` of `longest`.

    Returns:
        None where `longest` is not known, is not a duration, or reaches beyond all dates.
    """
    try:
        # Parts of a day are dropped by the service too.
        length = parse_duration(longest or "")
        return None if length is None else now + length
    except OverflowError:
        return None


def days_left(expires_at: str) -> int | None:
    """Days until a listed token's `expires_at`; 0 or less is expired, None is not a date."""
    try:
        return (datetime.fromisoformat(expires_at).date() - today()).days
    except ValueError:
        return None
