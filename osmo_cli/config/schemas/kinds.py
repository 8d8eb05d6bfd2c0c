"""Kinds of the errors that the schemas raise themselves about two fields.

They are apart from the schemas, so that errors can be worded without loading all of them.
"""

COSCHEDULING_BY_DEFAULT = "coscheduling_by_default_scheduler"
UNKNOWN_KEY = "unknown_active_key"
UNKNOWN_PLATFORM = "unknown_default_platform"
