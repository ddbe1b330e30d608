#!/usr/bin/env bash
# Deploys the key service on this host with Docker: checks the settings, builds the image, starts what
# docker-compose.ops-center-sso.yml describes, waits for health, and goes back to the previous image on failure.
set -euo pipefail

usage() {
  cat <<'END'
Usage: ./deploy-byok.sh [--check] [--yes] [--setup] [--env-file FILE] [--timeout SECONDS]

  --check              check everything and change nothing
  --yes                answer yes to questions, for runs without a terminal
  --setup              prepare the Keycloak realm again (after an update or a newly enabled provider);
                       the first deployment does it by itself
  --env-file FILE      where the settings are (default: .env beside this script)
  --timeout SECONDS    how long the service may take to become healthy (default: 180)
  --help               this text

Example, on a new host:
  cp .env.byok .env && chmod 600 .env
  "${EDITOR:-vi}" .env
  ./deploy-byok.sh --check
  ./deploy-byok.sh

Exit status: 0 deployed (or nothing wrong, with --check), 1 not deployed, 2 wrong usage.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
env_file=$root/.env
timeout=180
check=false
yes=false
setup=false
problems=()
declare -A from_file=()

readonly REQUIRED=(BYOK_DOMAIN AUTH_DOMAIN BYOK_TLS KEYCLOAK_CLIENT_SECRET KC_BOOTSTRAP_ADMIN_PASSWORD
  POSTGRES_PASSWORD KEYCLOAK_DB_PASSWORD BYOK_DB_PASSWORD REDIS_PASSWORD)
# These become part of an address, and nobody types them.
readonly PLAIN_PASSWORDS=(POSTGRES_PASSWORD KEYCLOAK_DB_PASSWORD BYOK_DB_PASSWORD REDIS_PASSWORD)
# Printed in documents that everyone can read.
readonly PUBLISHED_KEYS=(Cx6IW6h4ydmRQaSwi7MdZ1soAaM0FgbQuSBzuxH41Ao= cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=)
# 32 bytes in URL-safe base64: the last of the 43 characters has two bits that must be zero.
readonly FERNET_KEY='^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]=?$'

say() { printf '%s\n' "$*"; }
step() { printf '==> %s\n' "$*"; }
warn() { printf 'WARNING: %s\n' "$*" >&2; }
problem() { problems+=("$*"); }

stop_if_problems() {
  ((${#problems[@]} == 0)) && return
  say "Not deployed. ${#problems[@]} problem(s):" >&2
  printf '  - %s\n' "${problems[@]}" >&2
  exit 1
}

misuse() {
  printf '%s\n\n' "$*" >&2
  usage >&2
  exit 2
}

read_options() {
  while (($# > 0)); do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --check) check=true ;;
      --yes | -y) yes=true ;;
      --setup) setup=true ;;
      --env-file)
        [[ -n ${2-} ]] || misuse '--env-file needs a file'
        env_file=$2
        shift
        ;;
      --timeout)
        [[ ${2-} =~ ^[1-9][0-9]{0,4}$ ]] || misuse '--timeout needs a number of seconds'
        timeout=$2
        shift
        ;;
      *) misuse "Unknown option: $1" ;;
    esac
    shift
  done
}

# Reads the env file as compose does: the last of several lines counts, quotes are taken off, " #" begins a comment.
load_env_file() {
  local line name value
  [[ -r $env_file ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    [[ ${line%$'\r'} =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
    name=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
    case $value in
      \'*\'*) value=${value#\'} && value=${value%%\'*} ;;
      \"*\"*) value=${value#\"} && value=${value%%\"*} ;;
      \#*) value= ;;
      *) value=${value%%[[:space:]]#*} && value=${value%"${value##*[![:space:]]}"} ;;
    esac
    from_file[$name]=$value
  done <"$env_file"
}

# The value of a setting, or the default where it is empty: the environment comes before the env file.
setting() {
  local name=$1 value
  if [[ -n ${!name+set} ]]; then value=${!name}; else value=${from_file[$name]-}; fi
  printf '%s' "${value:-${2-}}"
}

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

check_settings() {
  local name missing=()
  for name in "${REQUIRED[@]}"; do [[ -n $(setting "$name") ]] || missing+=("$name"); done
  ((${#missing[@]} == 0)) || problem "not set in $env_file: ${missing[*]}"
  for name in "${PLAIN_PASSWORDS[@]}"; do
    [[ -z $(setting "$name") || $(setting "$name") =~ ^[A-Za-z0-9._~-]{12,}$ ]] ||
      problem "$name must be 12 or more letters and digits (also . _ ~ -), such as: openssl rand -hex 24"
  done
  for name in BYOK_DOMAIN AUTH_DOMAIN; do
    [[ -z $(setting "$name") || $(setting "$name") =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$ ]] ||
      problem "$name must be a host name such as ops.example.com, without https://"
  done
  [[ -z $(setting BYOK_DOMAIN) || $(setting BYOK_DOMAIN) != "$(setting AUTH_DOMAIN)" ]] ||
    problem 'BYOK_DOMAIN and AUTH_DOMAIN must differ: Keycloak needs a host name of its own'
  [[ $service =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ && ! $service =~ ^(keycloak-setup|caddy|keycloak|postgres|redis)$ ]] ||
    problem 'BYOK_SERVICE_NAME must be letters, digits, . _ - and none of the other services'
}

# Any sign of earlier data, here or on other servers: a new key could then not read what is stored.
data_exists() {
  docker volume inspect "${project}_postgres-data" >/dev/null 2>&1 ||
    docker volume inspect "${project}_byok-data" >/dev/null 2>&1 ||
    [[ -n $(setting DATABASE_URL) || -n $(setting KEYCLOAK_URL) || -e $root/.data ]]
}

check_encryption_key() {
  local key keys
  IFS=', ' read -ra keys <<<"$(setting ENCRYPTION_KEY)"
  make_key=false
  if ((${#keys[@]} == 0)); then
    if $has_data; then
      problem 'ENCRYPTION_KEY is not set, but there is data: put the key that it was encrypted with back from your backup'
    elif ! $yes && ! $check && [[ ! -t 0 ]]; then
      problem 'ENCRYPTION_KEY is not set: run this in a terminal, or with --yes, to have one made'
    else
      make_key=true
    fi
  fi
  for key in "${keys[@]}"; do
    if [[ ! $key =~ $FERNET_KEY ]]; then
      problem 'ENCRYPTION_KEY is not 32 URL-safe base64 bytes (or several such keys, separated by commas)'
    elif [[ " ${PUBLISHED_KEYS[*]} " == *" ${key%=}= "* ]]; then
      problem 'ENCRYPTION_KEY is an example from a document that everyone can read'
    fi
  done
}

check_container_name() {
  local owner state
  read -r owner _ state _ <<<"$(container_facts)"
  [[ $state == missing || $owner == "$project" ]] ||
    problem "the container $container belongs to something else: set BYOK_CONTAINER_NAME (and BYOK_SERVICE_NAME, if you share a compose project)"
}

new_key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_'; }

# Writes the new key into the env file without a moment in which others could read it or the file is half written.
save_new_key() {
  local answer copy target
  if ! $yes; then
    read -r -p "ENCRYPTION_KEY is not set and no data exists yet. Make one and write it into $env_file? [y/N] " answer
    [[ $answer == [yY]* ]] || { say 'Not deployed: ENCRYPTION_KEY is not set.' >&2 && exit 1; }
  fi
  target=$(readlink -f "$env_file")
  copy=$(mktemp "$(dirname "$target")/.env.XXXXXX")
  BYOK_NEW_KEY=$(new_key) awk '
    /^[ \t]*(export[ \t]+)?ENCRYPTION_KEY[ \t]*=/ { if (!written++) print "ENCRYPTION_KEY=" ENVIRON["BYOK_NEW_KEY"]; next }
    { print }
    END { if (!written) print "ENCRYPTION_KEY=" ENVIRON["BYOK_NEW_KEY"] }' "$target" >"$copy"
  mv "$copy" "$target"
  unset ENCRYPTION_KEY
  step "ENCRYPTION_KEY made, in $env_file"
  warn 'back this key up now, away from this host: without it every stored key is lost, and nobody can bring it back.'
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

build() {
  local version
  revision=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || date -u +%Y%m%d%H%M%S)
  [[ -z $(git -C "$root" status --porcelain 2>/dev/null) ]] || revision+=-modified
  version=$(sed -nE 's/^  "version": "([^"]+)",?$/\1/p' "$root/package.json")
  step "Building $image:$revision"
  if ! { DOCKER_BUILDKIT=1 docker build --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
    --tag "$image:$revision" "$root" && compose build --quiet keycloak; }; then
    say 'Not deployed: the build failed. What ran before still runs.' >&2
    exit 1
  fi
}

# Only an image that has proved itself is one to go back to: the running one if it is healthy, else the last such.
remember_previous() {
  local id health
  was_ready=false can_roll_back=false same_image=false
  read -r _ id _ _ health <<<"$(container_facts)"
  if [[ $health == healthy ]]; then
    is_ready && was_ready=true
    if [[ $id == "$(docker image inspect --format '{{.Id}}' "$image:$revision")" ]]; then
      same_image=true
    else
      docker tag "$id" "$image:previous"
    fi
  fi
  docker image inspect "$image:previous" >/dev/null 2>&1 && can_roll_back=true
  docker tag "$image:$revision" "$image:current"
}

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

deploy() {
  share_internal_authority && prepare_realm || return 1
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

main() {
  read_options "$@"
  load_env_file
  project=$(setting BYOK_PROJECT byok)
  container=$(setting BYOK_CONTAINER_NAME ops-center-direct)
  service=$(setting BYOK_SERVICE_NAME unicorn-ops-center)
  image=$(setting BYOK_IMAGE ops-center-byok)

  step 'Checking'
  check_tools
  check_settings
  stop_if_problems
  if data_exists; then has_data=true; else has_data=false; fi
  check_encryption_key
  check_container_name
  stop_if_problems

  if ! $check; then
    mkdir -p "$root/deploy/generated"
    exec 9>"$root/deploy/generated/lock"
    flock --nonblock 9 || { say 'Another deployment is running here.' >&2 && exit 1; }
    if $make_key; then save_new_key; fi
  elif $make_key; then
    say 'ENCRYPTION_KEY is not set and no data exists yet: the deployment will make one.'
    ENCRYPTION_KEY=$(new_key) && export ENCRYPTION_KEY
  fi
  choose_compose_file
  compose config --quiet || { say 'Not deployed: the compose file is not valid with these settings.' >&2 && exit 1; }
  if $check; then say 'Everything is in order. Nothing was changed.' && exit 0; fi

  build
  remember_previous
  deploy || undo
  step "Deployed $image:$revision: $(setting PUBLIC_URL "https://$(setting BYOK_DOMAIN)")$(setting BASE_PATH)"
}

main "$@"
