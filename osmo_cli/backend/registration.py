"""What a backend is registered with: names, namespaces, and the operator's chart."""

from __future__ import annotations

from dataclasses import dataclass, field

from osmo_cli.config.registry.dialects import OperatorChart
from osmo_cli.errors import UsageError

STANDARD_ROLE = "osmo-backend"
"""The role that allows an operator to connect as any backend."""
CHART = "osmo/backend-operator"
CHART_REPOSITORY = "https://helm.ngc.nvidia.com/nvidia/osmo"
RELEASE = "osmo-operator"
REGISTRY = "nvcr.io"
REGISTRY_USER = "$oauthtoken"
PULL_SECRET = "nvcr-secret"  # noqa: S105 - the name of a Secret
TOKEN_KEY = "token"  # noqa: S105 - a key of a Secret
CONTROL_LABEL = ("osmo-cluster", "control")
"""Label of the objects for the cluster of the service, not of the backend."""
_BUILT_IN = ("default", "kube-")


@dataclass(frozen=True)
class Namespaces:
    """Kubernetes namespaces of a backend.

    Attributes:
        operator: of the operator and its Secrets.
        workflows: where workflows run.
        tests: where backend tests run.
        control: where the service runs, which may be in another cluster.
    """

    operator: str
    workflows: str
    tests: str
    control: str

    def to_create(self) -> tuple[str, ...]:
        """The backend's namespaces that Kubernetes does not create itself."""
        names = dict.fromkeys((self.operator, self.workflows, self.tests))
        return tuple(name for name in names if not name.startswith(_BUILT_IN))


@dataclass(frozen=True)
class Operator:
    """An operator in its cluster.

    Attributes:
        namespaces: the backend's namespaces.
        token_secret: name of the Kubernetes Secret with its token.
        bootstrap: the token is a Secret that the service reads; no request creates it.
        kube_context: context of kubectl and helm; "" for the current one.
    """

    namespaces: Namespaces
    token_secret: str
    bootstrap: bool
    kube_context: str


@dataclass(frozen=True)
class Registration(Operator):
    """A backend, and how its operator is deployed.

    Attributes:
        backend: name of the backend.
        service_url: the address at which the operator reaches the service.
        token: name of the access token, or of the bootstrap credential.
        pulls_images: there is a Secret with which images are pulled.
        chart: the chart, or a path of it.
        chart_version: its version.
        image_tag: tag of the operator's images.
        facts: the chart of the service's version.
    """

    backend: str
    service_url: str
    token: str
    pulls_images: bool
    chart: str
    chart_version: str
    image_tag: str
    facts: OperatorChart = field(repr=False)


def chart_version(facts: OperatorChart, version: str | None, tag: str | None) -> tuple[str, str]:
    """Return the version of the chart and the tag of its images.

    Args:
        facts: the chart of the service's version.
        version: the version that the user chose, or None.
        tag: the tag that the user chose, or None.

    Raises:
        UsageError: the service's version has no known tag, and none was chosen.
    """
    image_tag = tag or facts.image_tag
    if image_tag is None:
        raise UsageError(
            "the version of the operator is required: this service does not say which one fits",
            hint="name the tag of its images with --image-tag",
        )
    return version or facts.version.format(image_tag=image_tag), image_tag
