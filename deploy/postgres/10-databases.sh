#!/usr/bin/env bash
# Runs once, when the data volume is empty: a database and a role each for the key service and for Keycloak.
# Neither can open the other's. The passwords come from the environment and do not appear in any list of processes.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --quiet --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv byok_password BYOK_DB_PASSWORD
\getenv keycloak_password KEYCLOAK_DB_PASSWORD
CREATE ROLE byok LOGIN PASSWORD :'byok_password';
CREATE ROLE keycloak LOGIN PASSWORD :'keycloak_password';
CREATE DATABASE byok OWNER byok;
CREATE DATABASE keycloak OWNER keycloak;
REVOKE CONNECT, TEMPORARY ON DATABASE byok, keycloak FROM PUBLIC;
SQL
