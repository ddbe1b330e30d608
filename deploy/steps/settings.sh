# shellcheck shell=bash
# The settings: the environment, then the env file, and what must be right about them. Sourced by deploy-byok.sh.
# deploy-byok.sh or another step sets what is not set here.
# shellcheck disable=SC2154

declare -A from_file=()

readonly REQUIRED=(BYOK_DOMAIN AUTH_DOMAIN BYOK_TLS KEYCLOAK_CLIENT_SECRET KC_BOOTSTRAP_ADMIN_PASSWORD
  POSTGRES_PASSWORD KEYCLOAK_DB_PASSWORD BYOK_DB_PASSWORD REDIS_PASSWORD)
# These become part of an address, and nobody types them.
readonly PLAIN_PASSWORDS=(POSTGRES_PASSWORD KEYCLOAK_DB_PASSWORD BYOK_DB_PASSWORD REDIS_PASSWORD)

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

# A secret of the service may be in a file: what is in it is for the service to judge.
from_secret_file() {
  [[ $1 =~ ^(ENCRYPTION_KEY|KEYCLOAK_CLIENT_SECRET)$ && -n $(setting "$1_FILE") ]]
}

check_settings() {
  local name missing=()
  for name in "${REQUIRED[@]}"; do [[ -n $(setting "$name") ]] || from_secret_file "$name" || missing+=("$name"); done
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
