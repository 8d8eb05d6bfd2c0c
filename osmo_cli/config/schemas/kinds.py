"""Kinds of the errors that the schemas raise themselves about two fields.

They stand apart from the schemas, so that who words an error need not load them all.
"""

COSCHEDULING_BY_DEFAULT = "coscheduling_by_default_scheduler"
UNKNOWN_KEY = "unknown_active_key"
UNKNOWN_PLATFORM = "unknown_default_platform"
