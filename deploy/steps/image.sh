# shellcheck shell=bash
# The image: built, and the one before it kept to go back to. Sourced by deploy-byok.sh.
# deploy-byok.sh or another step sets what is not set here, and reads what is not read here.
# shellcheck disable=SC2034,SC2154

build() {
  local version
  revision=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || date -u +%Y%m%d%H%M%S)
  [[ -z $(git -C "$root" status --porcelain 2>/dev/null) ]] || revision+=-modified
  version=$(sed -nE 's/^  "version": "([^"]+)",?$/\1/p' "$root/package.json")
  step "Building $image:$revision"
  if ! { DOCKER_BUILDKIT=1 docker build --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
    --build-arg "NODE_IMAGE=$BYOK_NODE_IMAGE" --tag "$image:$revision" "$root" && compose build --quiet keycloak; }; then
    say 'Not deployed: the build failed. What ran before still runs.' >&2
    exit 1
  fi
}

# Only an image that has proved itself is one to go back to: the running one if it is healthy, else the last such.
remember_previous() {
  local id health
  was_ready=false can_roll_back=false same_image=false
  current_before=$(docker image inspect --format '{{.Id}}' "$image:current" 2>/dev/null || true)
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

# The settings, in the words of the new image, before anything is replaced.
check_new_image() {
  step 'Checking the settings with the new image'
  compose run --rm --no-deps -T "$service" byok config check && return
  if [[ -n $current_before ]]; then docker tag "$current_before" "$image:current"; fi
  say 'Not deployed: the new image does not start with these settings. What ran before still runs.' >&2
  exit 1
}
