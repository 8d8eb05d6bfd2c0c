"""The REST client: transport, dialects, endpoints, errors. Nobody else knows a URL."""
