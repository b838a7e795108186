-- RFC 3161 time-stamps of the meta-log's checkpoints: for each size that was stamped the authority's whole answer.
-- Runs as superuser; safe to repeat. Names no tenant: a checkpoint of the meta-log is over all logs.
CREATE TABLE IF NOT EXISTS audit.timestamp (
    size bigint PRIMARY KEY CHECK (size > 0),
    stated timestamptz NOT NULL,
    authority text NOT NULL CHECK (length(authority) <= 200),
    token bytea NOT NULL CHECK (octet_length(token) BETWEEN 1 AND 65536),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE audit.timestamp OWNER TO {audit_owner};
REVOKE ALL ON audit.timestamp FROM PUBLIC;
ALTER TABLE audit.timestamp ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS log_owner ON audit.timestamp;
CREATE POLICY log_owner ON audit.timestamp TO {audit_owner} USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS seen_by_keepers ON audit.timestamp;
CREATE POLICY seen_by_keepers ON audit.timestamp FOR SELECT TO rf_publisher, rf_signer, rf_checker USING (true);
GRANT SELECT ON audit.timestamp TO rf_publisher, rf_signer, rf_checker;
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.timestamp
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.timestamp
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.timestamp ENABLE ALWAYS TRIGGER refuse_change, ENABLE ALWAYS TRIGGER refuse_truncate;

-- Keeps a time-stamp that was verified. What does not even hold the hash of the stored checkpoint is refused here too.
CREATE OR REPLACE FUNCTION audit.add_timestamp(of_size bigint, says timestamptz, by_authority text, of_token bytea)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    meta_log CONSTANT uuid := '00000000-0000-8000-8000-00006d657461';
    signed bytea;
BEGIN
    SELECT c.note INTO signed FROM audit.checkpoint c JOIN audit.log l USING (tenant_id)
     WHERE c.tenant_id = meta_log AND c.size = of_size AND c.size > l.after_size;
    IF signed IS NULL OR position(sha256(signed) IN of_token) = 0 THEN
        RAISE EXCEPTION 'this is no time-stamp of a checkpoint of the meta-log' USING ERRCODE = 'RFA17';
    END IF;
    INSERT INTO audit.timestamp (size, stated, authority, token, digest)
        VALUES (of_size, says, by_authority, of_token, sha256(of_token))
        ON CONFLICT (size) DO NOTHING;
END
$$;
ALTER FUNCTION audit.add_timestamp(bigint, timestamptz, text, bytea) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.add_timestamp(bigint, timestamptz, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.add_timestamp(bigint, timestamptz, text, bytea) TO rf_publisher;

-- The time-stamps of this meta-log: those of one that it succeeds are of checkpoints under another key.
CREATE OR REPLACE FUNCTION audit.stamps() RETURNS SETOF audit.timestamp
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.* FROM audit.timestamp t JOIN audit.log l ON l.tenant_id = '00000000-0000-8000-8000-00006d657461'
     WHERE t.size > l.after_size AND t.at >= l.opened_at
$$;
ALTER FUNCTION audit.stamps() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.stamps() FROM PUBLIC;

-- The newest checkpoint of the acting tenant's log below one time-stamp, and what leads from one to the other.
CREATE OR REPLACE FUNCTION audit.timestamped(of_size bigint) RETURNS TABLE (
    place bigint, leaf bytea, meta_size bigint, meta_note bytea, stated timestamptz, authority text, token bytea
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH ours AS MATERIALIZED (
        SELECT l.id FROM audit.log l WHERE l.tenant_id = rf.tenant() AND rf.admitted()
    ), stamp AS MATERIALIZED (
        SELECT t.size, t.stated, t.authority, t.token FROM audit.stamps() AS t WHERE t.size = of_size
    )
    SELECT e.seq, e.leaf, stamp.size, k.note, stamp.stated, stamp.authority, stamp.token
      FROM ours CROSS JOIN stamp
     CROSS JOIN LATERAL (
           SELECT b.seq FROM audit.body b
            WHERE b.tenant_id = '00000000-0000-8000-8000-00006d657461' AND b.object_id = ours.id AND b.seq < stamp.size
            ORDER BY b.seq DESC LIMIT 1) AS newest
      JOIN audit.entry e ON e.tenant_id = '00000000-0000-8000-8000-00006d657461' AND e.seq = newest.seq
      JOIN audit.checkpoint k ON k.tenant_id = '00000000-0000-8000-8000-00006d657461' AND k.size = stamp.size
$$;
ALTER FUNCTION audit.timestamped(bigint) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.timestamped(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.timestamped(bigint) TO rf_app, rf_worker;

-- The same for the newest time-stamp of all.
CREATE OR REPLACE FUNCTION audit.timestamped() RETURNS TABLE (
    place bigint, leaf bytea, meta_size bigint, meta_note bytea, stated timestamptz, authority text, token bytea
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM audit.timestamped((SELECT max(t.size) FROM audit.stamps() AS t))
$$;
ALTER FUNCTION audit.timestamped() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.timestamped() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.timestamped() TO rf_app, rf_worker;

-- Below which time-stamps the acting tenant's log stands at all: which of its checkpoints, by its place, and when.
CREATE OR REPLACE FUNCTION audit.timestamps_of_log() RETURNS TABLE (
    meta_size bigint, stated timestamptz, place bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH ours AS MATERIALIZED (
        SELECT l.id FROM audit.log l WHERE l.tenant_id = rf.tenant() AND rf.admitted()
    )
    SELECT t.size, t.stated, newest.seq
      FROM ours CROSS JOIN audit.stamps() AS t
     CROSS JOIN LATERAL (
           SELECT b.seq FROM audit.body b
            WHERE b.tenant_id = '00000000-0000-8000-8000-00006d657461' AND b.object_id = ours.id AND b.seq < t.size
            ORDER BY b.seq DESC LIMIT 1) AS newest
$$;
ALTER FUNCTION audit.timestamps_of_log() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.timestamps_of_log() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.timestamps_of_log() TO rf_app, rf_worker;
