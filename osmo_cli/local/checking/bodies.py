"""Request bodies of the configuration routes, made from the shared schemas.

docs/service/routes.md#request-bodies, docs/service/history.md
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, create_model, model_validator

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, POOL
from osmo_cli.local.checking.models import stored_schema
from osmo_cli.local.item_types import ITEM_TYPES
from osmo_cli.local.stored_types import config_types


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
    return ITEM_TYPES[config_type].in_requests or stored_schema(config_type, dialect)


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


_FIXED: dict[str, type[BaseModel]] = {
    "configs": ConfigsRequest,
    "delete_backend": DeleteBackendRequest,
    "token": TokenRequest,
    "create_user": CreateUserRequest,
    "assign_role": AssignRoleRequest,
    "assign_role_to_users": BulkAssignRequest,
    "tags": UpdateConfigTagsRequest,
}
_BY_DIALECT: dict[str, Callable[[str], type[BaseModel]]] = {
    "post_backend": post_backend,
    "put_pool_platform": put_platform,
    "rollback": rollback,
}
_BY_NAME: dict[str, Callable[[str], type[BaseModel]]] = {"patch": patch, "rename": rename}
_BY_TYPE: dict[str, Callable[[str, str], type[BaseModel]]] = {
    "put_whole": put_whole,
    "put_item": put_item,
    "put_items": put_items,
}


def body_model(name: str, dialect: Dialect) -> type[BaseModel]:
    """Return the model of a route's body.

    Args:
        name: as the route table has it: `kind`, or `kind:what` for a kind that several routes
            have.
    """
    kind, _, what = name.partition(":")
    if kind in _FIXED:
        return _FIXED[kind]
    if kind in _BY_DIALECT:
        return _BY_DIALECT[kind](dialect.name)
    return _BY_NAME[kind](what) if kind in _BY_NAME else _BY_TYPE[kind](what, dialect.name)
