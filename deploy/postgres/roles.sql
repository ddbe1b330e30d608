-- Two roles for the key service: `byok` owns the tables, `byok_app` is what the service runs as. `byok_app` can append to the
-- audit log and read it, and can neither change nor delete what is in it. Nor can it change with which encryption key the
-- database is used.
--
-- Run it once as an administrator of PostgreSQL, in the service's database, before or after the first start; running it again
-- is safe. Then choose a password for the new role:
--
--   psql -d byok -f deploy/postgres/roles.sql
--   psql -d byok -c '\password byok_app'
--
-- and tell the service of both roles:
--
--   DATABASE_URL=postgres://byok_app:…@host/byok            what the service does all day
--   DATABASE_MIGRATION_URL=postgres://byok:…@host/byok      migrations, `byok audit prune`, erasing people
--
-- Stricter still: leave DATABASE_MIGRATION_URL out of the service's environment, and set it only for a command that you run
-- before each update (`byok migrate`, with --dry-run to see what it would do), for `byok audit prune` and for erasing people.
-- Where your owner is called otherwise, change the name here.

do $$
begin
  if not exists (select from pg_roles where rolname = 'byok') then
    create role byok login;
  end if;
  if not exists (select from pg_roles where rolname = 'byok_app') then
    create role byok_app login;
  end if;
  execute format('grant connect on database %I to byok, byok_app', current_database());
end $$;

grant usage, create on schema public to byok;
grant usage on schema public to byok_app;

-- Tables that are there already.
grant select, insert, update, delete on all tables in schema public to byok_app;
-- Tables that migrations will make. The migration of the audit log takes back what it must not have.
alter default privileges for role byok in schema public grant select, insert, update, delete on tables to byok_app;

do $$
begin
  if to_regclass('public.audit_log') is not null then
    revoke update, delete, truncate on audit_log from byok_app;
  end if;
  -- With it a retired encryption key could be brought back.
  if to_regclass('public.key_check') is not null then
    revoke update, delete, truncate on key_check from byok_app;
  end if;
  -- Which migrations have run is the owner's to say.
  if to_regclass('public.byok_migrations') is not null then
    revoke insert, update, delete on byok_migrations, byok_migrations_lock from byok_app;
  end if;
  if to_regclass('public.byok_migration_notes') is not null then
    revoke insert, update, delete on byok_migration_notes from byok_app;
  end if;
end $$;
