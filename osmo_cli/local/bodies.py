"""Request bodies of the configuration routes, made from the shared schemas (api.md 3.1, 4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model, model_validator

from osmo_cli.config.dialects import DIALECTS
from osmo_cli.config.types import BACKEND, WORKFLOW
from osmo_cli.local.history import config_types


class ConfigsRequest(BaseModel):
    """What every change may carry."""

    description: str | None = None
    tags: list[str] | None = None


class PatchConfigRequest(ConfigsRequest):
    """PATCH of a type without named items."""

    configs_dict: dict[str, Any]


class DeleteBackendRequest(ConfigsRequest):
    """DELETE of a backend."""

    force: bool = False


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


@cache
def put_workflow(dialect: str) -> type[ConfigsRequest]:
    """PUT of WORKFLOW."""
    schema = WORKFLOW.schema(DIALECTS[dialect])
    return create_model("PutWorkflowRequest", __base__=ConfigsRequest, configs=(schema, ...))


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


BODIES: dict[str, Callable[[str], type[BaseModel]]] = {
    "post_backend": post_backend,
    "delete_backend": lambda _: DeleteBackendRequest,
    "put_workflow": put_workflow,
    "patch": lambda _: PatchConfigRequest,
    "rollback": rollback,
    "tags": lambda _: UpdateConfigTagsRequest,
}
"""Makes the model of a route's body for a dialect, by the name in the route table."""
