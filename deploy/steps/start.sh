# shellcheck shell=bash
# Starting what was built, waiting for health, and going back to the image before. Sourced by deploy-byok.sh.
# deploy-byok.sh or another step sets what is not set here.
# shellcheck disable=SC2154

# Caddy makes its own authority on its first start; the others learn of it through deploy/ca/.
share_internal_authority() {
  local tries certificate=$root/deploy/ca/caddy-root.crt
  [[ $(setting BYOK_TLS) == internal && -z $(setting KEYCLOAK_CA_FILE) ]] || return 0
  step 'Starting Caddy for the certificate of its own authority'
  compose up --detach caddy || return 1
  for tries in {1..30}; do
    compose cp caddy:/data/caddy/pki/authorities/local/root.crt "$certificate" >/dev/null 2>&1 && break
    ((tries < 30)) || { say 'Caddy has made no certificate authority; see its log.' >&2 && return 1; }
    sleep 1
  done
  chmod 0644 "$certificate"
  export KEYCLOAK_CA_FILE=/etc/byok/ca/caddy-root.crt
}

prepare_realm() {
  if $has_data && ! $setup; then return; fi
  step 'Preparing the Keycloak realm'
  compose run --rm -T keycloak-setup
}

is_ready() { docker exec "$container" node deploy/healthcheck.mjs /readyz >/dev/null 2>&1; }

# Healthy, and ready too where the one before was: else the change would be an outage that nobody sees.
wait_until_healthy() {
  local began=$SECONDS state restarts health first_restarts='' shown=''
  while ((SECONDS - began < timeout)); do
    read -r _ _ state restarts health <<<"$(container_facts)"
    [[ $restarts =~ ^[0-9]+$ ]] || restarts=0
    : "${first_restarts:=$restarts}"
    if [[ $state != running || $health != "$shown" ]]; then say "    $((SECONDS - began)) s: $state, $health"; fi
    shown=$health
    if [[ $state == running && $health == healthy ]]; then
      if is_ready; then return 0; fi
      $was_ready || { warn "healthy, but not ready yet: docker exec $container byok doctor says why" && return 0; }
    fi
    [[ $health != unhealthy && $state != exited && $state != dead && $state != missing ]] || return 1
    ((restarts - first_restarts < 3)) || return 1
    sleep 1
  done
  say "    not healthy and ready after $timeout s"
  return 1
}

# A step of its own: where it fails, the old service was not stopped; and the old one can go on with what it made, or says so.
migrate() {
  step 'Bringing the tables up to date'
  compose run --rm -T "$service" byok migrate
}

deploy() {
  share_internal_authority && prepare_realm && migrate || return 1
  step "Starting $image:$revision"
  compose up --detach --no-build && wait_until_healthy
}

undo() {
  say "The last lines of the log of $container:" >&2
  docker logs --tail 40 "$container" >&2 || true
  if $same_image; then
    say 'Not healthy. The image is the same as before, so look at what changed in the settings.' >&2
  elif $can_roll_back; then
    step 'Going back to the previous image'
    docker tag "$image:previous" "$image:current"
    if compose up --detach --no-build --no-deps "$service" && wait_until_healthy; then
      say 'Not deployed. The previous image runs again.' >&2
    else
      say 'Not deployed, and the previous image is not healthy either: see the log above, and docker compose ps.' >&2
    fi
  else
    compose stop "$service" || true
    say 'Not deployed. There is no previous image to go back to, so the service is stopped.' >&2
  fi
  exit 1
}
