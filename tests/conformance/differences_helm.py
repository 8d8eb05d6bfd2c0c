"""Where checks of values files differ from what recorded services did, and why.

A difference that is gone must be taken off its list.
"""

from __future__ import annotations

NOT_VALUES = {
    "empty-file": "a chart writes no empty file",
    "not-yaml": "Helm writes YAML",
    "duplicate-keys": "Helm writes each key once",
    "null-sections": "a chart leaves an empty section out",
}
"""By id in helm-loads.json: files that no values render to."""

_IN_SECRET = "the mistake is in the Secret, not in the values"
_BOTH = ("6.3", "6.4")

REFUSED_HERE = {
    (name, generation): reason
    for name, reason in {
        "secret-missing-smtp": "loaded without its secret: mail would not be sent",
        "unknown-fields-named": "ignored: what is written has no effect",
        "types-lenient": "loaded as another type than is written",
        "dangling": "the default platform is not one of the pool's",
        "masks": "the mask is loaded as the secret",
    }.items()
    for generation in _BOTH
}
"""By id and generation: loaded by the service, and an error here."""

NOT_REFUSED_HERE = {
    **{
        (name, generation): _IN_SECRET
        for name in (
            "secret-docker-no-key",
            "secret-plain-text",
            "secret-field-form-for-string",
            "secret-numbers",
            "secret-empty-value",
            "secret-extra-field",
        )
        for generation in _BOTH
    },
    ("service-auth", "6.3"): "keys are not looked into",
}
"""By id and generation: refused by the service, or not listed, and no error here."""

SHOWN_OTHERWISE = {
    **{
        ("secret-in-templates", generation): "a template's secretName is replaced by the Secret"
        for generation in _BOTH
    },
    **{
        (name, generation): "fields of the Secret win over those beside the reference"
        for name in ("secret-forms", "secret-and-inline")
        for generation in _BOTH
    },
    **{
        ("service-auth-valid", generation): "the record has only service_auth"
        for generation in _BOTH
    },
}
"""By id and generation: shown by the service as something else than the values say."""
