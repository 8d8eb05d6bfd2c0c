#!/usr/bin/env bash
# Registers a backend: each osmo command of OSMO's page "Register Backend", in its order.
#
# At its end the same with one command, `osmo backend register`, which also prepares the page's
# kubectl and Helm steps.
#
# Whatever login the environment gives is used: a profile, OSMO_URL=local, or OSMO_URL with
# OSMO_TOKEN. In place of a deployed operator `osmo local add-backend` does what the operator does
# when it connects, in the database of the embedded service.
#
#   BACKEND_NAME   name of the backend            (default: gpu-cluster)
#   EXPIRES_AT     expiry date of its token       (default: in 30 days)
#   NGC_API_KEY    key that pulls backend images  (default: an example)
set -euo pipefail

BACKEND_NAME=${BACKEND_NAME:-gpu-cluster}
EXPIRES_AT=${EXPIRES_AT:-$(date -u -d '+30 days' +%F)}
NGC_API_KEY=${NGC_API_KEY:-nvapi-example-key}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

run() {
  printf '$'
  printf ' %q' "$@"
  printf '\n'
  "$@"
}

# [Optional] Create OSMO backend role
run osmo config set ROLE "agent-$BACKEND_NAME" backend --field "$BACKEND_NAME"

# Create OSMO service access token
run osmo token set "$BACKEND_NAME-token" --expires-at "$EXPIRES_AT" \
  --description "My Access Token for Backend $BACKEND_NAME" --service --roles osmo-backend
run osmo token list --service

# Create backend agents: here the Helm chart is deployed, and the operator connects
run osmo local add-backend "$BACKEND_NAME"

# Configure
echo '{
  "description": "H100 nodes of building 4",
  "dashboard_url": "https://dashboard.example.com/gpu-cluster",
  "grafana_url": "https://grafana.example.com/d/gpu-cluster"
}' >backend_config.json
run osmo config update BACKEND "$BACKEND_NAME" --file backend_config.json

# Scheduler settings (optional)
echo '{
  "scheduler_settings": {
    "scheduler_type": "kai",
    "scheduler_name": "kai-scheduler",
    "coscheduling": true,
    "scheduler_timeout": 30
  }
}' >scheduler_settings.json
run osmo config update BACKEND "$BACKEND_NAME" --file scheduler_settings.json

# Node conditions (optional)
echo '{
  "node_conditions": {
    "additional_node_conditions": ["GpuHealthy"],
    "ignore_node_conditions": ["NetworkUnavailable", "SomeTransient*"],
    "prefix": "osmo.nvidia.com/"
  }
}' >node_conditions.json
run osmo config update BACKEND "$BACKEND_NAME" --file node_conditions.json

# Validate
run osmo config show BACKEND "$BACKEND_NAME"

# Uninstall
run osmo config delete BACKEND "$BACKEND_NAME"
run osmo config show BACKEND

# Assign image credentials
echo '{
  "backend_images": {
    "credential": {
      "registry": "nvcr.io",
      "username": "$oauthtoken",
      "auth": "'"$NGC_API_KEY"'"
    }
  }
}' >workflow_config.json
run osmo config update WORKFLOW --file workflow_config.json

# All of it in one command: role, token, namespaces, Secrets, chart values and configuration
export NGC_API_KEY
register=(osmo backend register "$BACKEND_NAME" --out registration --token-name "$BACKEND_NAME-agent"
  --expires-at "$EXPIRES_AT" --scoped-role --image-tag 6.0.0 --config backend_config.json
  --service-url https://osmo.example.com)
run "${register[@]}"

# Run the printed commands, or add --apply: here the operator connects with the token in the manifests
run osmo local add-backend "$BACKEND_NAME" --manifest registration/manifests.yaml
run osmo backend wait "$BACKEND_NAME"

# Run it again to configure the backend and show it
run "${register[@]}"

# Uninstall
run osmo backend register "$BACKEND_NAME" --out registration --undo
run osmo backend list
