-- Roles of the whole cluster. Runs as superuser, in the database postgres; safe to repeat.
-- No role has BYPASSRLS, the migrator included; service roles own nothing.
DO $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY ARRAY['rf_owner', 'rf_definer', 'audit_owner', 'rf_plant_bypass', 'rf_plant_reader', 'rf_plant_owner'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', r);
        END IF;
    END LOOP;
    FOREACH r IN ARRAY ARRAY['rf_migrator', 'rf_app', 'rf_worker', 'rf_gate', 'rf_sequencer', 'rf_signer', 'rf_publisher', 'rf_checker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', r);
        END IF;
        EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT', r);
        -- With tracking on, every session of a role could read the statements of the others.
        EXECUTE format('ALTER ROLE %I SET track_activities = off', r);
        -- A rehearsal of the checker holds the shadow's transaction while it asks elsewhere, for minutes on a busy machine.
        EXECUTE format(
            'ALTER ROLE %I SET idle_in_transaction_session_timeout = %L',
            r, CASE r WHEN 'rf_checker' THEN '15min' ELSE '60s' END
        );
    END LOOP;
END
$$;
ALTER ROLE rf_owner NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION NOINHERIT;
ALTER ROLE rf_definer NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION NOINHERIT;
ALTER ROLE audit_owner NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION NOINHERIT;
ALTER ROLE rf_plant_bypass BYPASSRLS NOLOGIN;
GRANT pg_read_all_data TO rf_plant_reader;
GRANT rf_owner TO rf_plant_owner;
GRANT rf_owner TO rf_migrator;
-- The checker repeats the application's statements under the application's role, with tokens of canaries.
GRANT rf_app TO rf_checker;
