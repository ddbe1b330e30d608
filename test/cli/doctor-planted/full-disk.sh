#!/bin/sh
# Fills the disk of BYOK_DATA_DIR under a running service, and prints what everybody says of it. $1: the folder src.
export RATE_LIMIT_PER_MINUTE=1000000 RATE_LIMIT_ADDRESS_PER_MINUTE=1000000 RATE_LIMIT_WRITE_PER_MINUTE=1000000
url=http://127.0.0.1:$PORT
json='Content-Type: application/json'
start() {
  node "$1/main.ts" >"$BYOK_DATA_DIR/../$PORT.log" 2>&1 &
  pid=$!
  until curl -sf "$url/readyz" >/dev/null; do kill -0 "$pid" || exit 1; sleep 0.2; done
}
add() {
  key=$(printf 'sk-%0180d' "$1")
  curl -s -b "$PORT.jar" -H "$json" -d "{\"provider\": \"openai\", \"key\": \"$key\"}" "$url/api/v1/byok/keys/add"
}

start "$1"
curl -s -o /dev/null -c "$PORT.jar" -H "$json" -d '{"email": "starter@example.com"}' "$url/auth/demo"
dd if=/dev/zero of="$BYOK_DATA_DIR/fill" bs=4k 2>/dev/null
i=0
while [ "$i" -lt 500 ]; do
  i=$((i + 1))
  answer=$(add "$i")
  case $answer in *'"status":503'*) break ;; esac
done
printf '== add\n%s\n' "$answer"
until curl -s "$url/readyz" | grep -q full; do sleep 0.2; done
printf '== readyz\n%s\n' "$(curl -s "$url/readyz")"
printf '== doctor\n%s\n' "$(node "$1/cli.ts" doctor)"
kill -9 "$pid"
wait "$pid" 2>/dev/null
printf '== start\n%s\n' "$(node "$1/main.ts" 2>&1)"
rm "$BYOK_DATA_DIR/fill"
start "$1"
printf '== with room\n%s\n' "$(curl -s "$url/readyz")"
kill -9 "$pid"
