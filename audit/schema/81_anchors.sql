-- What stands in the bucket that forgets nothing, and under which version. Runs as superuser; safe to repeat.
-- The newest row of a log is where anchoring goes on. Names and versions, no content; a log stands there by its random
-- id, and no service that serves requests reads it.
CREATE TABLE IF NOT EXISTS audit.anchor (
    log_id uuid NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 1024),
    version text NOT NULL CHECK (length(version) BETWEEN 1 AND 1024),
    kept_until timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (log_id, size)
);
ALTER TABLE audit.anchor OWNER TO {audit_owner};
REVOKE ALL ON audit.anchor FROM PUBLIC;
ALTER TABLE audit.anchor ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.anchor FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS log_owner ON audit.anchor;
CREATE POLICY log_owner ON audit.anchor TO {audit_owner} USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS seen_by_keepers ON audit.anchor;
CREATE POLICY seen_by_keepers ON audit.anchor FOR SELECT TO rf_signer, rf_checker USING (true);
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.anchor
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.anchor ENABLE ALWAYS TRIGGER refuse_change;
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.anchor
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.anchor ENABLE ALWAYS TRIGGER refuse_truncate;
GRANT SELECT ON audit.anchor TO rf_checker, rf_signer;

-- Notes what the bucket has answered for. Only a signed head of the log is noted, and never twice.
CREATE OR REPLACE FUNCTION audit.add_anchor(
    of_tenant uuid, of_size bigint, of_root bytea, object_name text, object_version text, until timestamptz
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM audit.checkpoint c JOIN audit.head h USING (tenant_id, size)
     WHERE c.tenant_id = of_tenant AND c.size = of_size AND h.root = of_root;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no checkpoint of this log has this size and root' USING ERRCODE = 'RFA15';
    END IF;
    INSERT INTO audit.anchor (log_id, size, root, name, version, kept_until)
        SELECT l.id, of_size, of_root, object_name, object_version, until FROM audit.log l WHERE l.tenant_id = of_tenant
        ON CONFLICT (log_id, size) DO NOTHING;
END
$$;
ALTER FUNCTION audit.add_anchor(uuid, bigint, bytea, text, text, timestamptz) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.add_anchor(uuid, bigint, bytea, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.add_anchor(uuid, bigint, bytea, text, text, timestamptz) TO rf_signer;
