# shellcheck shell=bash
# ENCRYPTION_KEY: checked, and made where there is no data that another key could have encrypted. Sourced by deploy-byok.sh.
# deploy-byok.sh or another step sets what is not set here, and reads what is not read here.
# shellcheck disable=SC2034,SC2154

# Printed in documents that everyone can read.
readonly PUBLISHED_KEYS=(Cx6IW6h4ydmRQaSwi7MdZ1soAaM0FgbQuSBzuxH41Ao= cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=)
# 32 bytes in base64, in either alphabet.
readonly FERNET_KEY='^[A-Za-z0-9_+/-]{43}=*$'

# Any sign of earlier data, here or on other servers: a new key could then not read what is stored.
data_exists() {
  docker volume inspect "${project}_postgres-data" >/dev/null 2>&1 ||
    docker volume inspect "${project}_byok-data" >/dev/null 2>&1 ||
    [[ -n $(setting DATABASE_URL) || -n $(setting KEYCLOAK_URL) || -e $root/.data ]]
}

check_encryption_key() {
  local key keys first seen=' '
  IFS=', ' read -ra keys <<<"$(setting ENCRYPTION_KEY)"
  make_key=false
  if from_secret_file ENCRYPTION_KEY; then return; fi
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
    # All but the last character, in one alphabet: what may be spelled differently in the same key is not among them.
    first=$(tr '+/' '-_' <<<"${key:0:42}")
    if [[ $key =~ ^[\"\'\`] || $key =~ [\"\'\`]$ ]]; then
      problem 'ENCRYPTION_KEY is in quotes: remove them'
    elif [[ ! $key =~ $FERNET_KEY ]]; then
      problem 'ENCRYPTION_KEY is not 32 bytes of base64, which are 43 characters and `=` (or several such keys, with commas between)'
    elif [[ " ${PUBLISHED_KEYS[*]}" == *" $first"* ]]; then
      problem 'ENCRYPTION_KEY is an example from a document that everyone can read'
    elif [[ $seen == *" $first "* ]]; then
      problem 'ENCRYPTION_KEY has the same key twice: remove one of them'
    fi
    seen+="$first "
  done
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
