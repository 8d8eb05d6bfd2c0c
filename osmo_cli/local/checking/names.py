"""What the service calls the models and enumerations that have other names here.

They show in its OpenAPI document and in the texts of its errors.
"""

from __future__ import annotations

_MODELS = {
    "SchedulerSettings": "BackendSchedulerSettings",
    "NodeConditionsSeed": "BackendNodeConditions",
    "NodeConditions60": "BackendNodeConditions",
    "SchedulerSettings62": "BackendSchedulerSettings",
    "BackendTest": "BackendTests",
    "WorkflowSeed": "WorkflowConfig",
    "Workflow60": "WorkflowConfig",
    "Workflow62": "WorkflowConfig",
    "Workflow63": "WorkflowConfig",
    "Workflow64": "WorkflowConfig",
    "WorkflowData": "DataConfig",
    "WorkflowData62": "DataConfig",
    "WorkflowData63": "DataConfig",
    "WorkflowLog": "LogConfig",
    "WorkflowLog62": "LogConfig",
    "WorkflowLog63": "LogConfig",
    "StaticDataCredential63": "StaticDataCredential",
    "RegistryCredential63": "RegistryCredential",
    "BackendImages63": "OsmoImageConfig",
    "BackendImages": "OsmoImageConfig",
    "BackendImagesSeed": "OsmoImageConfig",
    "WorkflowAlerts": "NotificationConfig",
    "SmtpSettings": "SMTPConfig",
    "UserWorkflowLimits": "UserWorkflowLimitConfig",
    "Rsync": "RsyncConfig",
    "RsyncPath": "RsyncAllowedPath",
    "ServiceSeed": "ServiceConfig",
    "Service60": "ServiceConfig",
    "Service62": "ServiceConfig",
    "Service63": "ServiceConfig",
    "ServiceAuth": "AuthenticationConfig",
    "ServiceAuth63": "AuthenticationConfig",
    "KeyPair": "AsymmetricKeyPair",
    "CliConfigSeed": "CliConfig",
    "CliConfig60": "CliConfig",
    "CliConfig62": "CliConfig",
    "Dataset60": "DatasetConfig",
    "Dataset62": "DatasetConfig",
    "Dataset63": "DatasetConfig",
    "Bucket60": "BucketConfig",
    "Bucket62": "BucketConfig",
    "Bucket63": "BucketConfig",
    "Pool60": "Pool",
    "Pool62": "Pool",
    "Pool63": "Pool",
    "Platform63": "Platform",
    "PoolResource": "PoolResourceCountable",
    "ActionPermissions60": "ActionPermissions",
    "Role60": "Role",
    "Role62": "Role",
    "RolePolicy60": "RolePolicy",
    "RolePolicy62": "RolePolicy",
    "RoleAction60": "RoleAction",
}
ENUM_OF_VALUES = {
    ("download",): "DownloadType",
    ("GT", "GE", "LT", "LE", "EQ"): "OperatorType",
    ("PUBLIC", "POOL", "PRIVATE"): "PermissionLevel",
}
"""The service's names of what the schemas write as literals, by their values."""


def model_name(name: str) -> str:
    """The service's name of a model."""
    return _MODELS.get(name, name)
