"""A plain model of how the service stores configurations, independent of osmo_cli.

It takes the requests that change a configuration and says which status each gets and what is
stored afterwards. The rules are those of docs/service/ (config types, history); nothing here
imports the package, so that a mistake in it is not repeated here.

Where those pages do not say what is stored, the model names the type as undecided, and whoever
compares takes over what the service shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

SINGLETONS = {"SERVICE": "service", "WORKFLOW": "workflow", "DATASET": "dataset"}
BY_NAME = {
    "POD_TEMPLATE": "pod_template",
    "GROUP_TEMPLATE": "group_template",
    "RESOURCE_VALIDATION": "resource_validation",
    "BACKEND_TEST": "backend_test",
    "POOL": "pool",
    "ROLE": "role",
}
PATHS = {**SINGLETONS, **BY_NAME, "BACKEND": "backend"}
TYPES = {path: name for name, path in PATHS.items()}
WORDS = {
    "POD_TEMPLATE": "pod template",
    "GROUP_TEMPLATE": "group template",
    "RESOURCE_VALIDATION": "resource validation",
    "BACKEND_TEST": "backend test",
    "POOL": "pool",
    "ROLE": "role",
}
NAME = re.compile(r"[a-zA-Z]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?")
TIMEOUTS = (
    "default_exec_timeout",
    "default_queue_timeout",
    "max_exec_timeout",
    "max_queue_timeout",
)
# What a POST of a backend fills in for members that a nested object leaves out.
CONDITIONS = {
    "rules": None,
    "additional_node_conditions": None,
    "ignore_node_conditions": None,
    "prefix": "osmo.nvidia.com/",
}
POOL = {
    "description": "",
    "download_type": None,
    "enable_maintenance": False,
    "default_platform": None,
    **dict.fromkeys(TIMEOUTS, ""),
    "default_exit_actions": {},
    "action_permissions": dict.fromkeys(("execute", "portforward", "cancel", "rsync"), "PRIVATE"),
    "resources": {"gpu": None},
    "topology_keys": [],
    "common_default_variables": {},
    "common_resource_validations": [],
    "common_pod_template": [],
    "common_group_templates": [],
    "platforms": {},
}
PLATFORM = {
    "description": "",
    "host_network_allowed": False,
    "privileged_allowed": False,
    "allowed_mounts": [],
    "default_variables": {},
    "resource_validations": [],
    "override_pod_template": [],
}
COMPUTED = {
    *("last_heartbeat", "parsed_resource_validations", "parsed_group_templates", "status"),
    *("parsed_pod_template", "parsed_pod_template_for_accounting"),
    *("tolerations", "labels", "default_mounts", "created_date", "online"),
}
SECRETS = {"auth", "slack_token", "password", "access_key", "private_key"}


def plain(value: Any) -> Any:
    """`value` without what the service computes or hides."""
    if isinstance(value, dict):
        return {
            key: "<secret>" if key in SECRETS else plain(inner)
            for key, inner in value.items()
            if key not in COMPUTED
        }
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def pools_of(answer: Any) -> dict[str, Any]:
    """The pools of a GET or a revision by name."""
    return {
        name: {key: inner for key, inner in pool.items() if key != "name"}
        for name, pool in plain(answer)["pools"].items()
    }


def roles_of(answer: Any) -> dict[str, Any]:
    """The roles of a GET or a revision by name; actions as text in any order."""
    roles = {}
    for role in plain(answer):
        policies = [
            policy | {"actions": sorted(map(_action, policy["actions"]))}
            for policy in role["policies"]
        ]
        roles[role["name"]] = {**role, "policies": policies}
        if role.get("external_roles"):
            roles[role["name"]]["external_roles"] = sorted(role["external_roles"])
    return roles


def _action(action: Any) -> str:
    return action if isinstance(action, str) else ":".join(map(str, action.values()))


def _backends_of(answer: Any) -> dict[str, Any]:
    rows = answer["backends"] if isinstance(answer, dict) else answer
    return {row["name"]: row for row in plain(rows)}


def _tests_of(answer: Any) -> dict[str, Any]:
    return {
        name: test | {"node_conditions": sorted(test["node_conditions"])}
        for name, test in plain(answer).items()
    }


READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(PATHS, plain),
    "POOL": pools_of,
    "ROLE": roles_of,
    "BACKEND": _backends_of,
    "BACKEND_TEST": _tests_of,
}
"""What the model compares, from a GET's answer or a revision's data."""


@dataclass
class Entry:
    """A revision."""

    number: int
    name: str
    description: str
    tags: list[str] | None
    data: Any
    deleted: bool = False


@dataclass(frozen=True)
class Refusal(Exception):
    """The service answers with an error.

    Attributes:
        status: of the answer.
    """

    status: int


class _UndecidedError(Exception):
    """No page says what the service does."""


@dataclass
class Model:
    """The stored configuration.

    Attributes:
        state: by type; items by name where the type has them.
        history: revisions by type.
        defaults: of the singletons, as a new service shows them.
        stored: what is stored of the singletons, without what only shows as a default.
        empty_list_is_lost: PATCH with an empty list keeps the list or fails.
        undecided: types whose state the last request left where no page says.
    """

    state: dict[str, Any]
    history: dict[str, list[Entry]]
    empty_list_is_lost: bool
    defaults: dict[str, Any] = field(init=False)
    stored: dict[str, Any] = field(init=False)
    undecided: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.defaults = deepcopy({name: self.state.get(name) for name in SINGLETONS})
        self.stored = deepcopy(self.defaults)
        scheduler = next(iter(self.state["BACKEND"].values()))["scheduler_settings"]
        self.scheduler = deepcopy(scheduler)
        self.pool_fields = set(next(iter(self.state["POOL"].values())))
        self.keeps_external = any("external_roles" in role for role in self.state["ROLE"].values())

    # -- requests

    def request(self, method: str, path: str, body: Any) -> int | None:
        """Apply a request to /api/configs/`path`.

        Returns:
            The status that it gets; None where no page says which.
        """
        self.undecided = set()
        try:
            self._dispatch(method, path.split("/"), body)
        except Refusal as refusal:
            return refusal.status
        except _UndecidedError:
            return None
        return 200

    def _dispatch(self, method: str, steps: list[str], body: Any) -> None:
        if steps[0] == "history":
            self._of_history(method, steps, body)
            return
        kind, rest = TYPES[steps[0]], steps[1:]
        if rest[1:] == ["rename"]:
            self._rename(rest[0], body["new_name"], body)
        elif rest[1:2] == ["platform"]:
            self._platform(rest[0], rest[2], body, is_rename=rest[3:] == ["rename"])
        elif kind == "DATASET" and rest:
            self._bucket(method, rest[0], body)
        elif kind in SINGLETONS:
            self._singleton(method, kind, body)
        elif kind == "BACKEND":
            self._backend(method, rest[0], body)
        elif not rest:
            self._put_all(kind, body)
        else:
            {"PUT": self._put, "PATCH": self._patch, "DELETE": self._delete}[method](
                kind, rest[0], body
            )

    def revise(self, kind: str, description: str, body: Any = None, name: str = "") -> None:
        """Write a revision of the whole type."""
        given = body or {}
        entries = self.history[kind]
        number = max((entry.number for entry in entries), default=0) + 1
        text = given.get("description") or description
        entries.append(Entry(number, name, text, given.get("tags"), deepcopy(self.state[kind])))

    # -- SERVICE, WORKFLOW, DATASET

    def _singleton(self, method: str, kind: str, body: Any) -> None:
        path = SINGLETONS[kind]
        if method == "PUT":
            # Each key that is present is replaced as a whole.
            self._store(kind, body["configs"])
            self.revise(kind, f"Set complete {path} configuration", body)
            return
        self._patch_singleton(kind, body["configs_dict"])
        self.revise(kind, f"Patched {path} configuration", body)

    def _patch_singleton(self, kind: str, patch: dict[str, Any]) -> None:
        stored = self.stored[kind]
        merged = merge(stored, patch, self.empty_list_is_lost)
        changed = {key: value for key, value in merged.items() if stored.get(key, ...) != value}
        defaults = self.defaults[kind]
        if any(key not in defaults or _is_wrong(defaults[key], changed[key]) for key in changed):
            raise Refusal(400)
        self._store(kind, changed)

    def _store(self, kind: str, changes: dict[str, Any]) -> None:
        """Store top-level keys as they were sent; what they leave out shows its default."""
        for key, value in changes.items():
            self.stored[kind][key] = deepcopy(value)
            self.state[kind][key] = self._filled(kind, key, value)

    def _filled(self, kind: str, key: str, value: Any) -> Any:
        if kind == "DATASET" and key == "buckets":
            return {name: self._bucket_form(bucket) for name, bucket in value.items()}
        return fill(self.defaults[kind][key], value)

    def _bucket_form(self, bucket: dict[str, Any]) -> dict[str, Any]:
        form = {"region": "us-east-1", "description": "", "mode": "read-write"}
        form |= {"default_credential": None}
        if self.empty_list_is_lost:  # the generations whose buckets have check_key
            form |= {"check_key": False}
        return form | bucket

    def _bucket(self, method: str, name: str, body: Any) -> None:
        buckets = self.stored["DATASET"]["buckets"]
        if method == "PATCH":
            self._patch_singleton("DATASET", {"buckets": {name: body["configs_dict"]}})
            self.revise("DATASET", f"Patch dataset bucket {name}", body, name)
            return
        if name not in buckets:
            raise Refusal(400)
        del buckets[name]
        self._store("DATASET", {"buckets": buckets})
        self.revise("DATASET", f"Delete dataset bucket {name}", body, name)

    # -- BACKEND

    def _backend(self, method: str, name: str, body: Any) -> None:
        rows = self.state["BACKEND"]
        if method == "DELETE":
            rows.pop(name, None)
            self.revise("BACKEND", f"Deleted backend '{name}'", body, name)
            return
        if name not in rows:
            raise Refusal(500)
        changes = {key: value for key, value in body["configs"].items() if value is not None}
        self._check_tests(changes.get("tests", []))
        defaults = {"scheduler_settings": self.scheduler}
        conditions = rows[name]["node_conditions"]
        defaults |= {"node_conditions": {key: CONDITIONS[key] for key in conditions}}
        for key, value in changes.items():
            rows[name][key] = defaults[key] | value if key in defaults else deepcopy(value)
        self.revise("BACKEND", f"Updated backend '{name}'", body, name)

    def _check_tests(self, tests: list[str]) -> None:
        if len(set(tests)) < len(tests) or set(tests) - self.state["BACKEND_TEST"].keys():
            raise Refusal(400)

    # -- types with named items

    def _put_all(self, kind: str, body: Any) -> None:
        given = body["configs_dict" if kind == "RESOURCE_VALIDATION" else "configs"]
        if kind == "ROLE":
            given = {role["name"]: role for role in given}
        elif any(not NAME.fullmatch(name) for name in given):
            raise Refusal(400)
        for value in given.values():
            self._check_form(kind, value)
        if kind == "POOL":
            self._check_topology(given)
        for name, value in given.items():
            # Not atomic: what came before a bad item stays, and no revision says so.
            self.state[kind][name] = self._stored(kind, name, value)
        if kind == "RESOURCE_VALIDATION" and not given and not body.get("description"):
            raise Refusal(500)
        last = next(reversed(given), "")
        self.revise(kind, ALL_DONE[kind].format(name=last), body)

    def _check_topology(self, given: dict[str, Any]) -> None:
        for pool in given.values():
            if pool.get("topology_keys") and pool["backend"] not in self.state["BACKEND"]:
                raise Refusal(500)

    def _put(self, kind: str, name: str, body: Any) -> None:
        given = body["configs"]
        self._check_form(kind, given)
        if kind != "ROLE" and not NAME.fullmatch(name):
            raise Refusal(400)
        if kind == "POOL":
            self._check_topology({name: given})
        # A role is stored under its own name; the path's is for the history only.
        own = given["name"] if kind == "ROLE" else name
        self.state[kind][own] = self._stored(kind, own, given)
        self.revise(kind, f"Put complete {WORDS[kind]} {name}", body, name)
        self._finish(kind, self.state[kind][own])

    def _patch(self, kind: str, name: str, body: Any) -> None:
        items = self.state[kind]
        if name not in items:
            raise Refusal(400)
        live = deepcopy(items[name])
        if kind == "POOL":
            # PATCH starts from what GET shows of one: with the timeouts of WORKFLOW.
            workflow = self.state["WORKFLOW"]
            live |= {key: live[key] or workflow[key] for key in TIMEOUTS}
        merged = merge(live, body["configs_dict"], self.empty_list_is_lost)
        self._check_form(kind, merged)
        items[name] = self._stored(kind, name, merged)
        self.revise(kind, f"Patch {WORDS[kind]} {name}", body, name)
        self._finish(kind, items[name])

    def _delete(self, kind: str, name: str, body: Any) -> None:
        items = self.state[kind]
        if kind == "ROLE" and name not in items:
            raise Refusal(400)
        if self._users(kind, name):
            raise Refusal(400)
        gone = items.pop(name, None)
        word = "test" if kind == "BACKEND_TEST" else WORDS[kind]
        self.revise(kind, f"Delete {word} {name}", body, name)
        if gone is not None:
            self._finish(kind, gone)

    def _finish(self, kind: str, value: Any) -> None:
        if kind == "POOL" and value["backend"] not in self.state["BACKEND"]:
            raise Refusal(500)

    def _rename(self, old: str, new: str, body: Any) -> None:
        pools = self.state["POOL"]
        if not NAME.fullmatch(new):
            raise Refusal(400)
        if old not in pools:
            self.revise("POOL", f"Rename pool {old} to {new}", body, old)
            raise Refusal(400)
        if new in pools and new != old:
            raise Refusal(400)
        pools[new] = pools.pop(old)
        self.revise("POOL", f"Rename pool {old} to {new}", body, old)
        self._finish("POOL", pools[new])

    def _platform(self, pool_name: str, name: str, body: Any, *, is_rename: bool) -> None:
        pool = self.state["POOL"].get(pool_name)
        if not NAME.fullmatch(body["new_name"] if is_rename else name):
            raise Refusal(400)
        if is_rename:
            self._rename_platform(pool_name, name, body["new_name"], body)
            return
        if pool is None:
            raise Refusal(400)
        changed = deepcopy(pool)
        changed["platforms"][name] = PLATFORM | body["configs"]
        self._check_pool(changed)
        self.state["POOL"][pool_name] = changed
        text = f"Put complete platform {name} in pool {pool_name}"
        self.revise("POOL", text, body, pool_name)

    def _rename_platform(self, pool_name: str, old: str, new: str, body: Any) -> None:
        """An unknown platform is no error, and the default platform keeps its old name."""
        platforms = self.state["POOL"].get(pool_name, {"platforms": {}})["platforms"]
        if old in platforms and new in platforms and old != new:
            self.undecided = {"POOL"}
            raise _UndecidedError
        if old in platforms:
            platforms[new] = platforms.pop(old)
        text = f"Rename platform {old} to {new} in pool {pool_name}"
        self.revise("POOL", text, body, pool_name)

    # -- what is stored for an item

    def _check_form(self, kind: str, value: Any) -> None:
        """What is refused before anything is stored."""
        if kind == "POOL" and value.get("default_platform") not in (
            None,
            *value.get("platforms", {}),
        ):
            raise Refusal(400)
        if kind == "BACKEND_TEST" and len(value["cron_schedule"].split()) != 5:
            raise Refusal(400)

    def _stored(self, kind: str, name: str, value: Any) -> Any:
        value = deepcopy(value)
        if kind == "GROUP_TEMPLATE" and not {"apiVersion", "kind", "metadata"} <= value.keys():
            raise Refusal(400)
        if kind == "RESOURCE_VALIDATION" and any(
            assertion.keys() != {"operator", "left_operand", "right_operand", "assert_message"}
            for assertion in value
        ):
            raise Refusal(500)
        if kind == "BACKEND_TEST":
            return self._stored_test(name, value)
        if kind == "POOL":
            return self._stored_pool(value)
        return self._stored_role(name, value) if kind == "ROLE" else value

    def _stored_test(self, name: str, test: dict[str, Any]) -> dict[str, Any]:
        self._exist("POD_TEMPLATE", test["common_pod_template"])
        conditions = sorted(set(test["node_conditions"]))
        return {"test_timeout": "300s"} | test | {"name": name, "node_conditions": conditions}

    def _stored_pool(self, given: dict[str, Any]) -> dict[str, Any]:
        pool = {key: given.get(key, POOL.get(key)) for key in self.pool_fields}
        pool["platforms"] = {
            name: PLATFORM | platform for name, platform in pool["platforms"].items()
        }
        self._check_pool(pool)
        return deepcopy(pool)

    def _check_pool(self, pool: dict[str, Any]) -> None:
        self._exist("POD_TEMPLATE", pool["common_pod_template"])
        self._exist("RESOURCE_VALIDATION", pool["common_resource_validations"])
        self._exist("GROUP_TEMPLATE", pool.get("common_group_templates", []))
        for platform in pool["platforms"].values():
            self._exist("POD_TEMPLATE", platform["override_pod_template"])
            self._exist("RESOURCE_VALIDATION", platform["resource_validations"])

    def _exist(self, kind: str, names: list[str]) -> None:
        if any(name not in self.state[kind] for name in names):
            raise Refusal(400)

    def _stored_role(self, name: str, role: dict[str, Any]) -> dict[str, Any]:
        policies = [policy | {"actions": sorted(policy["actions"])} for policy in role["policies"]]
        role = role | {"policies": policies, "immutable": False}
        if not self.keeps_external:
            role.pop("external_roles", None)
            return role
        for policy in policies:
            policy.setdefault("effect", "Allow")
            policy.setdefault("resources", [])
        old = self.state["ROLE"].get(name)
        given = role.get("external_roles")
        if given is None:
            mapped = [name] if old is None else old["external_roles"]
        else:
            # One statement deletes and inserts, so that a mapping that was there is lost.
            before = old["external_roles"] if old else []
            mapped = sorted(set(given) - set(before))
        return {"sync_mode": "import"} | role | {"external_roles": mapped}

    def _users(self, kind: str, name: str) -> list[str]:
        """Who uses an item, so that it cannot be deleted."""
        pools, platforms = self.state["POOL"], []
        for pool in pools.values():
            platforms += list(pool["platforms"].values())
        if kind == "POD_TEMPLATE":
            tests = self.state["BACKEND_TEST"].values()
            return [
                *_naming(pools.values(), "common_pod_template", name),
                *_naming(platforms, "override_pod_template", name),
                *_naming(tests, "common_pod_template", name),
            ]
        if kind == "RESOURCE_VALIDATION":
            return [
                *_naming(pools.values(), "common_resource_validations", name),
                *_naming(platforms, "resource_validations", name),
            ]
        if kind == "GROUP_TEMPLATE":
            return [*_naming(pools.values(), "common_group_templates", name)]
        if kind == "BACKEND_TEST":
            return [*_naming(self.state["BACKEND"].values(), "tests", name)]
        return []

    # -- history

    def _of_history(self, method: str, steps: list[str], body: Any) -> None:
        if steps[1] == "rollback":
            self._rollback(body["config_type"], body["revision"], body)
            return
        kind, number = steps[1].upper(), int(steps[3])
        entry = self._entry(kind, number)
        if steps[4:] == ["tags"]:
            tags = set(entry.tags or []) | set(body.get("set_tags") or [])
            entry.tags = sorted(tags - set(body.get("delete_tags") or []))
        elif method == "DELETE":
            last = max(other.number for other in self.history[kind])
            if entry.deleted or number == last:
                raise Refusal(400)
            entry.deleted = True

    def _entry(self, kind: str, number: int) -> Entry:
        for entry in self.history[kind]:
            if entry.number == number:
                return entry
        raise Refusal(400)

    def _rollback(self, kind: str, number: int, body: Any) -> None:
        entry = self._entry(kind, number)
        if entry.deleted:
            raise Refusal(400)
        if kind in SINGLETONS:
            self._store(kind, entry.data)
        elif kind == "BACKEND":
            self._restore_backends(entry.data)
        else:
            self._restore(kind, entry.data)
        remark = f"Roll back {kind} to r{number}"
        if body.get("description"):
            remark += f": {body['description']}"
        self.revise(kind, "", body | {"description": remark})

    def _restore_backends(self, wanted: dict[str, Any]) -> None:
        rows = self.state["BACKEND"]
        for name in rows.keys() - wanted.keys():
            del rows[name]
        # No page says which rows are written before one that fails.
        self.undecided = {"BACKEND"}
        if wanted.keys() - rows.keys():
            raise Refusal(500)
        for row in wanted.values():
            self._check_tests(row["tests"])
        self.undecided = set()
        self.state["BACKEND"] = deepcopy(wanted)

    def _restore(self, kind: str, wanted: dict[str, Any]) -> None:
        items = self.state[kind]
        surplus = items.keys() - wanted.keys()
        if kind == "POOL":
            items.clear()  # all pools go first
        for name in sorted(surplus):
            if self._users(kind, name):
                # No page says which of several were deleted before that.
                self.undecided = {kind} if len(surplus) > 1 else set()
                raise Refusal(400)
            items.pop(name, None)
        if kind == "POOL":
            for pool in wanted.values():
                if pool["default_platform"] not in (None, *pool["platforms"]):
                    self.undecided = {kind}
                    raise _UndecidedError
                self._check_pool(pool)
        elif kind == "BACKEND_TEST":
            for test in wanted.values():
                self._exist("POD_TEMPLATE", test["common_pod_template"])
        for name, value in wanted.items():
            items[name] = self._stored(kind, name, value)


ALL_DONE = {
    "POD_TEMPLATE": "Put complete pod template",
    "GROUP_TEMPLATE": "Put complete group template",
    "RESOURCE_VALIDATION": "Put complete resource validation {name}",
    "BACKEND_TEST": "Set all backend test configurations",
    "POOL": "Set all pool configurations",
    "ROLE": "Put complete roles",
}
"""Descriptions of whole PUTs; `name` is the last item's."""


def _naming(values: Any, key: str, name: str) -> Iterator[str]:
    return (name for value in values if name in value[key])


def _is_wrong(default: Any, value: Any) -> bool:
    """Whether a value does not fit where `default` belongs: null or an object for a scalar."""
    if isinstance(default, dict):
        known = isinstance(value, dict) and (not default or value.keys() <= default.keys())
        return not known or any(
            _is_wrong(default[key], inner) for key, inner in value.items() if key in default
        )
    return isinstance(value, dict) or (value is None and isinstance(default, str | int))


def fill(default: Any, value: Any) -> Any:
    """`value` with the defaults of an object that it leaves members out of."""
    if isinstance(default, dict) and isinstance(value, dict) and default:
        return {key: fill(inner, value[key]) if key in value else deepcopy(inner)
                for key, inner in default.items()}  # fmt: skip
    return deepcopy(value)


def merge(live: dict[str, Any], patch: dict[str, Any], empty_list_is_lost: bool) -> dict[str, Any]:
    """A PATCH over what is stored; lists of objects are not among what the tests send."""
    merged = deepcopy(live)
    for key, value in patch.items():
        if isinstance(value, dict) and value.get("$action") == "delete" and key in merged:
            del merged[key]
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value, empty_list_is_lost)
        elif value == [] and key in merged and empty_list_is_lost:
            if any(not isinstance(item, dict) for item in merged[key]):
                raise Refusal(500)
        else:
            merged[key] = deepcopy(value)
    return merged
