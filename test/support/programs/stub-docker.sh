#!/usr/bin/env bash
# Stands in for `docker` in the tests of deploy-byok.sh. Every call is written to $STUB_DOCKER/calls; the files in that folder
# are the engine's state (images/NAME → id, volumes/NAME, container/FIELD) and the faults to play (fail/WHAT, health/IMAGE-ID).
set -euo pipefail
cd "$STUB_DOCKER"
mkdir -p images volumes container fail health
printf '%s\n' "$*" >>calls

image_file() { printf 'images/%s' "${1//[:\/]/_}"; }
fails() { [[ -e fail/$1 ]] && echo "stub: $1 fails" >&2; }

# Another one for each tag, and each time that somebody moved the tag.
digest_of() { printf 'sha256:%s' "$(printf '%s' "$1$(cat moved 2>/dev/null)" | sha256sum | cut -d' ' -f1)"; }

# health/ID holds "STATE HEALTH"; by default a started image is healthy.
start_container() {
  local id
  id=$(<"$(image_file "${STUB_IMAGE:-ops-center-byok}:current")")
  echo "$id" >container/image
  echo "${STUB_OWNER:-byok}" >container/owner
  echo 0 >container/restarts
}

container_facts() {
  [[ -e container/image ]] || exit 1
  local id state=running health=healthy restarts
  id=$(<container/image)
  [[ ! -e health/$id ]] || read -r state health <"health/$id"
  restarts=$(<container/restarts)
  [[ $state != restarting ]] || echo $((restarts + 1)) >container/restarts
  echo "$(<container/owner) $id $state $restarts $health"
}

compose() {
  while [[ ${1-} == --* ]]; do shift 2; done
  case $1 in
    version) ! fails compose-plugin ;;
    config) ! fails compose-config ;;
    build) ! fails keycloak-build ;;
    run)
      case "$*" in
        *'byok config check') ! fails config-check ;;
        *'byok migrate') ! fails migrate ;;
        *) ! fails setup ;;
      esac
      ;;
    cp) echo certificate >"${!#}" ;;
    up)
      printf '%s\n' "${BYOK_CADDY_IMAGE-}" "${BYOK_REDIS_IMAGE-}" >up-images
      printf 'KEYCLOAK_CA_FILE=%s\n' "${KEYCLOAK_CA_FILE-}" >>up-environment
      [[ ${!#} == caddy ]] && exit 0
      start_container
      ! fails "up-$(<container/image)"
      ;;
    stop) rm -f container/* ;;
  esac
}

case $1 in
  info) ! fails engine ;;
  compose) shift && compose "$@" ;;
  build)
    while [[ -e fail/build-waits ]]; do sleep 0.05; done
    if fails build; then exit 1; fi
    while (($# > 0)); do
      [[ $1 != --tag ]] || echo "${STUB_BUILD_ID:-new}" >"$(image_file "$2")"
      shift
    done
    ;;
  tag)
    if [[ -e $(image_file "$2") ]]; then cp "$(image_file "$2")" "$(image_file "$3")"; else echo "$2" >"$(image_file "$3")"; fi
    ;;
  buildx) ! fails buildx && digest_of "${!#}" ;;
  pull) ! fails pull ;;
  image)
    if [[ $* == *RepoDigests* ]]; then echo "${!#%%:*}@$(digest_of "${!#}")"; else cat "$(image_file "${!#}")"; fi
    ;;
  volume) [[ -e volumes/${!#} ]] ;;
  inspect) container_facts ;;
  exec) [[ ! -e fail/ready-$(<container/image) ]] ;;
  logs) echo "the log of $(<container/image)" ;;
esac
