"""The change that an input makes to one object, and the requests for it.

What an input without a change does not need is imported where it is needed.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from osmo_cli.config.changes.merge import Difference, Mode, differences, merge_input
from osmo_cli.config.problems import Path, Problem, path_text, raise_for_errors
from osmo_cli.config.reading.document import Document
from osmo_cli.config.values import same
from osmo_cli.plan.live_object import LiveObject
from osmo_cli.plan.redacted import Redacted, redacted_states
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.changes.patch import Patch
    from osmo_cli.plan.names import KnownNames
    from osmo_cli.plan.secrets import SecretMemory

_NAMED_FIELDS = 6


@dataclass(frozen=True)
class Change:
    """The difference between what is stored and what is wanted, and the requests for it.

    Attributes:
        patches: the requests, in order; none where there is nothing to do.
        differences: what changes, for output: secrets are replaced by a remark.
        secrets: the new secrets by path.
        warnings: of the input.
        shown: both states, for output, without secrets.
    """

    target: LiveObject
    wanted: Any = field(repr=False)
    patches: tuple[Patch, ...]
    differences: tuple[Difference, ...]
    secrets: dict[Path, str] = field(repr=False)
    warnings: tuple[Problem, ...]
    shown: Redacted

    def summary(self) -> str:
        """Return what changes, as the description of a revision."""
        if self.target.is_new or not self.differences:
            return f"Create {self.target.shape}"
        from osmo_cli.plan.names import first_names

        fields = [path_text(difference.path) for difference in self.differences]
        return f"Set {first_names(fields, _NAMED_FIELDS)}"


def plan_update(
    service: Service,
    target: LiveObject,
    document: Document,
    memory: SecretMemory,
    *,
    mode: Mode = Mode.MERGE,
    known_names: KnownNames | None = None,
) -> Change:
    """Return the change that `document` makes to `target`; nothing is written.

    Args:
        service: the service.
        target: what is stored.
        document: the input.
        memory: recognizes known secrets.
        mode: whether the input is a part, the whole object, or the buffer of an editor.
        known_names: returns the names of the items of another type; by default the service does.

    Raises:
        InvalidInputError: the input is invalid; has every problem.
    """
    if mode is Mode.MERGE and _says_nothing_new(document, target):
        # What is stored already needs no schema, and loading one takes longest of all.
        return Change(target, target.live, (), (), {}, (), Redacted(target.live, target.live))
    from osmo_cli.config.checking.validate import check_input
    from osmo_cli.plan.names import unchecked_names
    from osmo_cli.plan.secrets import without_known_secrets

    checked = check_input(document, target.shape, target.live, mode=mode)
    warnings = raise_for_errors(checked.problems)
    names = known_names or (lambda config_type: service.configs.read(config_type).items().keys())
    warnings += raise_for_errors(unchecked_names(names, target, checked.given, checked.wanted))
    wanted, secrets = without_known_secrets(service, target, checked.wanted, memory)
    patches = requests_between(target, target.live, wanted)
    shown = redacted_states(target, wanted, secrets.remarks, checked.given.references())
    if target.is_new:
        # What the service sets in a new item is not part of the change.
        shown = Redacted(shown.before, target.shape.editable(shown.after))
    changed = tuple(differences(shown.before, shown.after))
    return Change(target, wanted, patches, changed, secrets.new, tuple(warnings), shown)


def plan_wanted(target: LiveObject, wanted: Any) -> Change:
    """Return the change to a state that is known in full and holds no secrets."""
    wanted = target.shape.with_kept(target.live, wanted)
    changed = tuple(differences(target.live, wanted))
    patches = _requests(target, target.live, wanted)
    return Change(target, wanted, patches, changed, {}, (), Redacted(target.live, wanted))


def requests_between(target: LiveObject, before: Any, after: Any) -> tuple[Patch, ...]:
    """Return the requests that take one state of the object to another, in order."""
    return _requests(target, *(target.shape.editable(state) for state in (before, after)))


def _requests(target: LiveObject, before: Any, after: Any) -> tuple[Patch, ...]:
    from osmo_cli.config.changes.mappings import requests_for
    from osmo_cli.config.changes.patch import Patch, make_patch

    patch = make_patch(target.verb, target.shape.dialect, before, after)
    if patch is None and target.is_new:
        # An empty item differs in nothing from one that does not exist.
        patch = Patch(target.verb, after)
    return () if patch is None else requests_for(target.shape, patch, before)


def _says_nothing_new(document: Document, target: LiveObject) -> bool:
    shape = target.shape
    is_part = isinstance(document.value, dict) and not shape.is_map and not target.is_new
    if not is_part or shape.is_one_value(()):
        return False
    settable = shape.without(document.value, shape.is_volatile)
    return same(merge_input(target.live, settable, shape.is_one_value), target.live)
