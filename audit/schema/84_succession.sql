-- A log that succeeds another: where a promise cannot be kept, and no copy brings back what was promised. It goes on
-- from what is left, under a name and a key of its own, and its first own entry tells of the loss. Runs as superuser;
-- safe to repeat; 87_succeed.sql has what is done with it. A row is noted by the superuser of an outage, used once by
-- the event, and signed once by both keys.
CREATE TABLE IF NOT EXISTS audit.succession (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    log_id uuid NOT NULL,
    origin text NOT NULL,
    vkey text NOT NULL,
    successor_id uuid NOT NULL UNIQUE,
    successor_origin text NOT NULL UNIQUE,
    standing text NOT NULL CHECK (standing IN ('behind', 'forked', 'keyless')),
    kept_size bigint NOT NULL CHECK (kept_size >= 0),
    kept_root bytea NOT NULL CHECK (octet_length(kept_root) = 32),
    promised_size bigint NOT NULL CHECK (promised_size >= 0),
    promised_root bytea NOT NULL CHECK (octet_length(promised_root) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event uuid,
    succeeded_at timestamptz,
    note bytea CHECK (octet_length(note) <= 4096),
    CONSTRAINT succession_names_another_log CHECK (successor_id <> log_id AND successor_origin <> origin),
    CONSTRAINT succession_is_told_by_an_event CHECK ((event IS NULL) = (succeeded_at IS NULL)),
    CONSTRAINT succession_is_signed_after_it CHECK (note IS NULL OR event IS NOT NULL)
);
CREATE UNIQUE INDEX IF NOT EXISTS succession_of_log ON audit.succession (log_id) WHERE event IS NOT NULL;
ALTER TABLE audit.succession OWNER TO {audit_owner};
REVOKE ALL ON audit.succession FROM PUBLIC;
ALTER TABLE audit.succession ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.succession FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS log_owner ON audit.succession;
CREATE POLICY log_owner ON audit.succession TO {audit_owner} USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS seen_by_keepers ON audit.succession;
CREATE POLICY seen_by_keepers ON audit.succession FOR SELECT TO rf_signer, rf_checker USING (true);
GRANT SELECT ON audit.succession TO rf_signer, rf_checker;

CREATE OR REPLACE FUNCTION audit.refuse_but_succession() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = '{audit_owner}'
       AND (NEW.id, NEW.log_id, NEW.origin, NEW.vkey, NEW.successor_id, NEW.successor_origin, NEW.standing,
            NEW.kept_size, NEW.kept_root, NEW.promised_size, NEW.promised_root, NEW.at)
           IS NOT DISTINCT FROM
           (OLD.id, OLD.log_id, OLD.origin, OLD.vkey, OLD.successor_id, OLD.successor_origin, OLD.standing,
            OLD.kept_size, OLD.kept_root, OLD.promised_size, OLD.promised_root, OLD.at)
       AND ((OLD.event IS NULL AND NEW.event IS NOT NULL AND NEW.note IS NULL)
            OR (NEW.event IS NOT DISTINCT FROM OLD.event AND NEW.succeeded_at IS NOT DISTINCT FROM OLD.succeeded_at
                AND OLD.note IS NULL)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit.% is append-only: % is refused for everyone', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '42501', HINT = 'The log is corrected by a new event, never by a change.';
END
$$;
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.succession
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_but_succession();
ALTER TABLE audit.succession ENABLE ALWAYS TRIGGER refuse_change;
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.succession
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.succession ENABLE ALWAYS TRIGGER refuse_truncate;

-- A tenant's log and those that it succeeds, newest first: each signed the heads above `after_size`, up to `last_size`.
CREATE OR REPLACE FUNCTION audit.line_of(of_tenant uuid)
RETURNS TABLE (log_id uuid, origin text, vkey text, after_size bigint, last_size bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE line AS (
        SELECT 0 AS step, l.id, l.origin, l.vkey, l.after_size, NULL::bigint AS last_size
          FROM audit.log l WHERE l.tenant_id = of_tenant
        UNION ALL
        SELECT line.step + 1, s.log_id, s.origin, s.vkey,
               coalesce((SELECT o.kept_size FROM audit.succession o
                          WHERE o.successor_id = s.log_id AND o.event IS NOT NULL), -1),
               s.kept_size
          FROM line JOIN audit.succession s ON s.successor_id = line.id AND s.event IS NOT NULL
    )
    SELECT line.id, line.origin, line.vkey, line.after_size, line.last_size FROM line ORDER BY line.step
$$;

ALTER FUNCTION audit.refuse_but_succession() OWNER TO {audit_owner};
ALTER FUNCTION audit.line_of(uuid) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.refuse_but_succession(), audit.line_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.line_of(uuid) TO rf_signer, rf_checker;
