# shellcheck shell=bash
# The images that others make: each tag is resolved to a digest once, and that one is used until --update-images. Sourced by
# deploy-byok.sh.
# deploy-byok.sh or another step sets what is not set here, and reads what is not read here.
# shellcheck disable=SC2034,SC2154

# Variable and default, as in the compose file and the Dockerfiles.
readonly IMAGES=(BYOK_NODE_IMAGE=node:24-slim BYOK_KEYCLOAK_BASE_IMAGE=quay.io/keycloak/keycloak:26.7.4
  BYOK_CADDY_IMAGE=caddy:2-alpine BYOK_POSTGRES_IMAGE=postgres:17-alpine BYOK_REDIS_IMAGE=redis:8-alpine)

# What the lock file says of a tag: nothing where it is not in there, or where all are to be looked up again.
locked_digest() {
  local tag digest
  $update_images && return
  [[ -r $images_lock ]] || return 0
  while read -r tag digest; do [[ $tag != "$1" ]] || printf '%s' "$digest"; done <"$images_lock"
}

# Asks the registry; where buildx is missing, what a pull brings.
look_up_digest() {
  local found
  found=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1" 2>/dev/null) ||
    found=$(docker pull --quiet "$1" >/dev/null && docker image inspect --format '{{index .RepoDigests 0}}' "$1") || return 1
  found=${found##*@}
  [[ $found =~ ^sha256:[0-9a-f]{64}$ ]] && printf '%s' "$found"
}

# Exports every image by its digest, for compose and for the builds.
pin_images() {
  local entry name tag digest lines=() new=false
  for entry in "${IMAGES[@]}"; do
    name=${entry%%=*} tag=$(setting "$name" "${entry#*=}")
    if [[ $tag != *@sha256:* ]]; then
      digest=$(locked_digest "$tag")
      if [[ -z $digest ]]; then
        step "Looking up $tag"
        digest=$(look_up_digest "$tag") ||
          { say "Not deployed: the image $tag cannot be found. Check its name in $name and the network. Nothing was changed." >&2 && exit 1; }
        new=true
      fi
      lines+=("$tag $digest")
      tag=$tag@$digest
    fi
    export "$name=$tag"
  done
  $new || return 0
  printf '%s\n' '# Tag and digest of every image that others make. ./deploy-byok.sh --update-images looks them up again.' \
    "${lines[@]}" >"$images_lock.new"
  mv "$images_lock.new" "$images_lock"
}
