-- The signed tenant context, in a database that holds tenant rows. Runs as superuser; safe to repeat.
-- Variables in braces are role names, since the shadow database has the checker as its owner.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO rf_app, rf_worker, rf_checker;
GRANT ALL ON SCHEMA public TO {owner};
CREATE SCHEMA IF NOT EXISTS rf AUTHORIZATION {definer};
ALTER SCHEMA rf OWNER TO {definer};
REVOKE ALL ON SCHEMA rf FROM PUBLIC;
GRANT USAGE ON SCHEMA rf TO rf_app, rf_worker, rf_checker, rf_migrator, {owner}, {audit_owner};
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {definer} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- A large object has an owning role and no policy, and all tenants share that role: whoever knows its number reads it.
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
        AND (proname LIKE 'lo\_%' OR proname IN ('loread', 'lowrite')) LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END
$$;

CREATE TABLE IF NOT EXISTS rf.context_key (
    id text PRIMARY KEY,
    ipad bytea NOT NULL CHECK (length(ipad) = 64),
    opad bytea NOT NULL CHECK (length(opad) = 64),
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    retires_at timestamptz NOT NULL DEFAULT 'infinity'
);
ALTER TABLE rf.context_key OWNER TO {definer};
REVOKE ALL ON rf.context_key FROM PUBLIC;

-- Who asks, for which tenant. One text makes both functions: every policy of a statement calls one of them,
-- and a call inside the call would cost a quarter more.
-- HMAC-SHA-256 (RFC 2104) by hand: the server's core has sha256() and no hmac().
DO $make$
DECLARE
    made record;
BEGIN
    FOR made IN SELECT * FROM (VALUES ('tenant', 3), ('actor', 4)) names(name, place) LOOP
        EXECUTE format($text$
CREATE OR REPLACE FUNCTION rf.%I() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    token text := current_setting('rf.ctx', true);
    part text[];
    inner_pad bytea;
    outer_pad bytea;
BEGIN
    IF token IS NULL OR token = '' THEN
        RAISE EXCEPTION 'no tenant context' USING ERRCODE = '28000',
            HINT = 'Set rf.ctx to a token signed by the gate, in this transaction.';
    END IF;
    part := string_to_array(token, '|');
    IF array_length(part, 1) IS DISTINCT FROM 9 OR part[1] <> '1' THEN
        RAISE EXCEPTION 'malformed tenant context' USING ERRCODE = '28000';
    END IF;
    SELECT k.ipad, k.opad INTO inner_pad, outer_pad
      FROM rf.context_key k WHERE k.id = part[2] AND k.retires_at > clock_timestamp();
    -- Both sides are hashed once more, so that the comparison's time says nothing about the code.
    IF inner_pad IS NULL OR sha256(convert_to(part[9], 'UTF8')) IS DISTINCT FROM sha256(convert_to(encode(
        sha256(outer_pad || sha256(inner_pad || convert_to(left(token, -65), 'UTF8'))), 'hex'), 'UTF8')) THEN
        RAISE EXCEPTION 'forged tenant context' USING ERRCODE = '28000';
    END IF;
    IF to_timestamp(part[7]::bigint / 1000.0) < clock_timestamp() THEN
        RAISE EXCEPTION 'expired tenant context' USING ERRCODE = '28000',
            HINT = 'A unit of work lasts at most 30 seconds; make long work a loop of units.';
    END IF;
    IF part[8]::integer <> pg_backend_pid() THEN
        RAISE EXCEPTION 'replayed tenant context' USING ERRCODE = '28000',
            HINT = 'The token was signed for another connection.';
    END IF;
    RETURN part[%s]::uuid;
END
$$
        $text$, made.name, made.place);
    END LOOP;
END
$make$;
-- Two keys at most: the new one, and the one before it until its last token has expired.
CREATE OR REPLACE FUNCTION rf.rotate_context_key(new_id text, new_ipad bytea, new_opad bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM rf.context_key WHERE id NOT IN (SELECT id FROM rf.context_key ORDER BY since DESC LIMIT 1);
    UPDATE rf.context_key SET retires_at = clock_timestamp() + interval '60 seconds';
    INSERT INTO rf.context_key (id, ipad, opad) VALUES (new_id, new_ipad, new_opad);
END
$$;
-- Whom a tenant's neutrality policy keeps away. The gate refuses them before; this wall holds where a gate has
-- remembered something old, and for a read that begins after the row was committed.
CREATE TABLE IF NOT EXISTS rf.barred (
    actor text COLLATE "C" PRIMARY KEY CHECK (actor ~ '^[0-9a-f]{32}$'), -- as tokens write it
    workspace uuid NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE rf.barred OWNER TO {definer};
REVOKE ALL ON rf.barred FROM PUBLIC;
GRANT SELECT ON rf.barred TO rf_checker;
-- The restrictive policy of every table of tenants. The token is not verified again: the permissive policy of the
-- same statement has done so, or raises. `may_seal` lets a refused actor's entry be sealed, and is for keys alone.
DO $make$
DECLARE
    made record;
BEGIN
    FOR made IN SELECT * FROM (VALUES ('admitted', ''), ('may_seal', 'refusal')) names(name, purpose) LOOP
        EXECUTE format($text$
CREATE OR REPLACE FUNCTION rf.%I() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    token text := current_setting('rf.ctx', true);
BEGIN
    IF split_part(token, '|', 5) IS DISTINCT FROM %L
       AND EXISTS (SELECT FROM rf.barred b WHERE b.actor = split_part(token, '|', 4)) THEN
        RAISE EXCEPTION 'the policy keeps this actor away' USING ERRCODE = '28000';
    END IF;
    RETURN true;
END
$$
        $text$, made.name, made.purpose);
    END LOOP;
END
$make$;
-- Only a context of purpose `neutrality` bars and admits, and only actors of its own tenant.
CREATE OR REPLACE FUNCTION rf.bar(who uuid, away boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here uuid := rf.tenant();
    changed integer;
BEGIN
    IF split_part(current_setting('rf.ctx', true), '|', 5) <> 'neutrality' THEN
        RAISE EXCEPTION 'only the policy''s own context bars and admits' USING ERRCODE = '42501';
    END IF;
    IF away THEN
        INSERT INTO rf.barred (actor, workspace) VALUES (replace(who::text, '-', ''), here) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM rf.barred WHERE actor = replace(who::text, '-', '') AND workspace = here;
    END IF;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed > 0;
END
$$;
CREATE OR REPLACE FUNCTION rf.barred_here() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT actor::uuid FROM rf.barred WHERE workspace = (SELECT rf.tenant())
$$;
-- Nothing is given to a member whom the policy keeps away, whoever gives it: a trigger's argument names the column.
CREATE OR REPLACE FUNCTION rf.refuse_barred() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who uuid;
BEGIN
    EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) INTO who USING NEW;
    IF EXISTS (SELECT FROM rf.barred b WHERE b.actor = replace(who::text, '-', '')) THEN
        RAISE EXCEPTION 'the policy keeps this member away' USING ERRCODE = '23514',
            CONSTRAINT = 'member_is_admitted', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
ALTER FUNCTION rf.refuse_barred() OWNER TO {definer};
ALTER FUNCTION rf.admitted() OWNER TO {definer};
ALTER FUNCTION rf.may_seal() OWNER TO {definer};
ALTER FUNCTION rf.bar(uuid, boolean) OWNER TO {definer};
ALTER FUNCTION rf.barred_here() OWNER TO {definer};
DROP FUNCTION IF EXISTS rf.claim();
ALTER FUNCTION rf.tenant() OWNER TO {definer};
ALTER FUNCTION rf.actor() OWNER TO {definer};
ALTER FUNCTION rf.rotate_context_key(text, bytea, bytea) OWNER TO {definer};
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA rf FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rf.tenant(), rf.actor() TO rf_app, rf_worker, rf_checker, {owner}, {audit_owner};
GRANT EXECUTE ON FUNCTION rf.rotate_context_key(text, bytea, bytea) TO {rotator};
GRANT EXECUTE ON FUNCTION rf.refuse_barred() TO {owner};
GRANT EXECUTE ON FUNCTION rf.admitted(), rf.may_seal() TO rf_app, rf_worker, rf_checker, rf_migrator, {owner}, {audit_owner};
GRANT EXECUTE ON FUNCTION rf.bar(uuid, boolean), rf.barred_here() TO rf_app, rf_worker;
