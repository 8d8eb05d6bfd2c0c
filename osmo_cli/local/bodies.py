"""Request bodies of the configuration routes, made from the shared schemas.

docs/service/routes.md#request-bodies, docs/service/history.md
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, create_model, model_validator

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, POOL
from osmo_cli.local.history import config_types
from osmo_cli.local.item_types import ITEM_TYPES
from osmo_cli.local.request_models import stored_schema


class ConfigsRequest(BaseModel):
    """What every change may carry."""

    description: str | None = None
    tags: list[str] | None = None


class DeleteBackendRequest(ConfigsRequest):
    """DELETE of a backend."""

    force: bool = False


class TokenRequest(BaseModel):
    """POST of an access token for a JWT."""

    token: str


class CreateUserRequest(BaseModel):
    """POST of a user."""

    id: str
    roles: list[str] | None = None


class AssignRoleRequest(BaseModel):
    """POST of a role to a user."""

    role_name: str


class BulkAssignRequest(BaseModel):
    """POST of a role to several users."""

    user_ids: list[str]


class UpdateConfigTagsRequest(BaseModel):
    """Tags to add to a revision and to remove from it."""

    set_tags: list[str] | None = None
    delete_tags: list[str] | None = None

    @model_validator(mode="after")
    def _some_tags(self) -> UpdateConfigTagsRequest:
        if self.set_tags is None and self.delete_tags is None:
            raise ValueError("At least one of set_tags or delete_tags must be provided")
        if [] in (self.set_tags, self.delete_tags):
            raise ValueError("Tags list cannot be empty")
        return self


@cache
def backend_changes(dialect: str) -> type[BaseModel]:
    """The fields of a backend that POST can set, each optional."""
    fields: dict[str, Any] = {
        name: (field.annotation | None, None)  # type: ignore[operator]
        for name, field in BACKEND.schema(DIALECTS[dialect]).model_fields.items()
        if (name,) not in BACKEND.read_only
    }
    return create_model("BackendConfig", **fields)


@cache
def post_backend(dialect: str) -> type[ConfigsRequest]:
    """POST of a backend."""
    return create_model(
        "PostBackendRequest", __base__=ConfigsRequest, configs=(backend_changes(dialect), ...)
    )


def _title(path: str) -> str:
    return "".join(word.capitalize() for word in path.split("_"))


@cache
def partial(config_type: str, dialect: str) -> type[BaseModel]:
    """A type's model in which nothing is required."""
    schema = stored_schema(config_type, dialect)
    required: dict[str, Any] = {
        name: (field.annotation, None)
        for name, field in schema.model_fields.items()
        if field.is_required()
    }
    if required:
        schema = create_model(schema.__name__, __base__=schema, **required)
    return schema


@cache
def put_whole(config_type: str, dialect: str) -> type[ConfigsRequest]:
    """PUT of a type without named items: only the fields that are present count."""
    name = f"Put{_title(CONFIG_TYPES[config_type].path)}Request"
    schema = partial(config_type, dialect)
    return create_model(name, __base__=ConfigsRequest, configs=(schema, ...))


def _item(config_type: str, dialect: str) -> Any:
    # The service looks at these only when it stores them, or never.
    if config_type in ("GROUP_TEMPLATE", "POD_TEMPLATE"):
        return dict[str, Any]
    if config_type == "RESOURCE_VALIDATION":
        return list[dict[str, Any]]
    return stored_schema(config_type, dialect)


@cache
def put_item(config_type: str, dialect: str) -> type[ConfigsRequest]:
    """PUT of a named item."""
    name = f"Put{_title(CONFIG_TYPES[config_type].path)}Request"
    return create_model(name, __base__=ConfigsRequest, configs=(_item(config_type, dialect), ...))


@cache
def put_items(config_type: str, dialect: str) -> type[ConfigsRequest]:
    """PUT of many named items."""
    row = CONFIG_TYPES[config_type]
    assert row.whole is not None
    item = _item(config_type, dialect)
    kind = GenericAlias(list, (item,)) if row.whole.as_list else GenericAlias(dict, (str, item))
    fields: dict[str, Any] = {row.whole.body_key: (kind, ...)}
    return create_model(f"Put{_title(row.path)}sRequest", __base__=ConfigsRequest, **fields)


@cache
def patch(name: str) -> type[ConfigsRequest]:
    """PATCH; one model for each kind of path, all alike."""
    return create_model(
        f"Patch{_title(name)}Request", __base__=ConfigsRequest, configs_dict=(dict[str, Any], ...)
    )


@cache
def rename(name: str) -> type[ConfigsRequest]:
    """PUT of a new name."""
    return create_model(
        f"Rename{_title(name)}Request", __base__=ConfigsRequest, new_name=(str, ...)
    )


@cache
def put_platform(dialect: str) -> type[ConfigsRequest]:
    """PUT of one platform of a pool."""
    platform = get_args(POOL.schema(DIALECTS[dialect]).model_fields["platforms"].annotation)[1]
    return create_model("PutPoolPlatformRequest", __base__=ConfigsRequest, configs=(platform, ...))


@cache
def rollback(dialect: str) -> type[ConfigsRequest]:
    """POST of a rollback."""
    names: Any = Literal[tuple(config_types(DIALECTS[dialect]))]
    return create_model(
        "RollbackConfigRequest",
        __base__=ConfigsRequest,
        config_type=(names, ...),
        revision=(Annotated[int, Field(gt=0)], ...),
    )


def _of(make: Callable[..., type[BaseModel]], *arguments: str) -> Callable[[str], type[BaseModel]]:
    return lambda dialect: make(*arguments, dialect)


BODIES: dict[str, Callable[[str], type[BaseModel]]] = {
    "configs": lambda _: ConfigsRequest,
    "post_backend": post_backend,
    "delete_backend": lambda _: DeleteBackendRequest,
    **{
        f"put_{CONFIG_TYPES[name].path}": _of(put_whole, name)
        for name in ("SERVICE", "WORKFLOW", "DATASET")
    },
    **{f"put_{CONFIG_TYPES[name].path}": _of(put_item, name) for name in ITEM_TYPES},
    **{f"put_{CONFIG_TYPES[name].path}s": _of(put_items, name) for name in ITEM_TYPES},
    **{
        f"patch_{name}": lambda _, name=name: patch(name)  # type: ignore[misc]
        for name in ("config", "dataset", "pool", "backend_test")
    },
    "rename_pool": lambda _: rename("pool"),
    "rename_pool_platform": lambda _: rename("pool_platform"),
    "put_pool_platform": put_platform,
    "rollback": rollback,
    "token": lambda _: TokenRequest,
    "create_user": lambda _: CreateUserRequest,
    "assign_role": lambda _: AssignRoleRequest,
    "assign_role_to_users": lambda _: BulkAssignRequest,
    "tags": lambda _: UpdateConfigTagsRequest,
}
"""Makes the model of a route's body for a dialect, by the name in the route table."""
