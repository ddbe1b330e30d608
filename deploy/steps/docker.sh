# shellcheck shell=bash
# What is asked of Docker, and what must be there and free. Sourced by deploy-byok.sh.
# deploy-byok.sh or another step sets what is not set here.
# shellcheck disable=SC2154

compose() {
  docker compose --project-name "$project" --project-directory "$root" --env-file "$env_file" --file "$compose_file" "$@"
}

# What docker says of the container, on one line: project, image, state, restarts, health.
container_facts() {
  docker inspect --type container --format '{{or (index .Config.Labels "com.docker.compose.project") "-"}} {{.Image}} {{.State.Status}} {{.RestartCount}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}}' \
    "$container" 2>/dev/null || say '- - missing 0 -'
}

check_tools() {
  command -v flock >/dev/null || problem 'flock is missing: install util-linux'
  if ! command -v docker >/dev/null; then
    problem 'docker is missing: install Docker Engine with the compose plugin'
  elif ! docker info >/dev/null 2>&1; then
    problem 'the Docker engine does not answer: start it, or run this as a user who may use it'
  elif ! docker compose version >/dev/null 2>&1; then
    problem 'docker compose is missing: install the compose plugin (the old docker-compose does not do)'
  fi
  if [[ ! -r $env_file ]]; then
    problem "$env_file cannot be read: cp .env.byok .env, and fill it in"
  elif [[ -n $(find -L "$env_file" -perm /0077) ]]; then
    warn "$env_file can be read by other users of this host: chmod 600 $env_file"
  fi
}

check_container_name() {
  local owner state
  read -r owner _ state _ <<<"$(container_facts)"
  [[ $state == missing || $owner == "$project" ]] ||
    problem "the container $container belongs to something else: set BYOK_CONTAINER_NAME (and BYOK_SERVICE_NAME, if you share a compose project)"
}

# Compose takes no variable as a service name, so another name needs another file.
choose_compose_file() {
  local original=$root/docker-compose.ops-center-sso.yml
  compose_file=$original
  [[ $service == unicorn-ops-center ]] && return
  if $check; then
    compose_file=$(mktemp)
    trap 'rm -f "$compose_file"' EXIT
  else
    compose_file=$root/deploy/generated/docker-compose.yml
  fi
  sed "s/^  unicorn-ops-center:\$/  $service:/" "$original" >"$compose_file"
  step "The service is called $service, in $compose_file"
}
