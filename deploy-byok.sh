#!/usr/bin/env bash
# Deploys the key service on this host with Docker: checks the settings, builds the image, starts what
# docker-compose.ops-center-sso.yml describes, waits for health, and goes back to the previous image on failure.
set -euo pipefail

usage() {
  cat <<'END'
Usage: ./deploy-byok.sh [--check] [--yes] [--setup] [--update-images] [--env-file FILE] [--timeout SECONDS]

  --check              check what can be checked without building the image, and change nothing
  --yes                answer yes to questions, for runs without a terminal
  --setup              prepare the Keycloak realm again, where the changelog says so, as after an update that adds a
                       provider; the first deployment does it by itself
  --update-images      look up the images of Node, Keycloak, Caddy, PostgreSQL and Redis again; otherwise each deployment
                       uses the digests in deploy/images.lock
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

script=${BASH_SOURCE[0]}
# A link may lead here from anywhere; a folder that is itself a link keeps its name.
[[ ! -L $script ]] || script=$(readlink -f "$script")
root=$(cd "$(dirname "$script")" && pwd)
env_file=$root/.env
timeout=180
check=false
yes=false
setup=false
update_images=false
images_lock=$root/deploy/images.lock
problems=()

# shellcheck source=deploy/steps/settings.sh
source "$root/deploy/steps/settings.sh"
# shellcheck source=deploy/steps/docker.sh
source "$root/deploy/steps/docker.sh"
# shellcheck source=deploy/steps/encryption-key.sh
source "$root/deploy/steps/encryption-key.sh"
# shellcheck source=deploy/steps/digests.sh
source "$root/deploy/steps/digests.sh"
# shellcheck source=deploy/steps/image.sh
source "$root/deploy/steps/image.sh"
# shellcheck source=deploy/steps/start.sh
source "$root/deploy/steps/start.sh"

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
      --update-images) update_images=true ;;
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

  pin_images
  build
  remember_previous
  check_new_image
  deploy || undo
  step "Deployed $image:$revision: $(setting PUBLIC_URL "https://$(setting BYOK_DOMAIN)")$(setting BASE_PATH)"
}

main "$@"
