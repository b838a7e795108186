-- Attestations: what waits for the signer, and what it made of each. Runs as superuser; safe to repeat.
-- A request holds the statement in clear, because whoever signs must read what it signs; it is gone as soon as
-- the signer has answered. What stays is a digest and a signature: the statement itself is sealed in the cell.
CREATE TABLE IF NOT EXISTS audit.attestation_request (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payload bytea NOT NULL CHECK (octet_length(payload) BETWEEN 1 AND 1000000),
    core bytea NOT NULL CHECK (octet_length(core) BETWEEN 33 AND 65536),
    leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE IF NOT EXISTS audit.attestation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payload_sha256 bytea NOT NULL CHECK (octet_length(payload_sha256) = 32),
    seq bigint,
    signature bytea,
    refused text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT attestation_is_signed_or_refused
        CHECK ((signature IS NULL) = (refused IS NOT NULL) AND (signature IS NULL) = (seq IS NULL)),
    CONSTRAINT attestation_signature_is_ed25519 CHECK (octet_length(signature) = 64)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['attestation_request', 'attestation'] LOOP
        EXECUTE format('ALTER TABLE audit.%I OWNER TO {audit_owner}', t);
        EXECUTE format('REVOKE ALL ON audit.%I FROM PUBLIC', t);
        EXECUTE format('CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.%I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()', t);
        EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER refuse_truncate', t);
        EXECUTE format('ALTER TABLE audit.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE audit.%I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('DROP POLICY IF EXISTS tenant_isolation ON audit.%I', t);
        EXECUTE format('CREATE POLICY tenant_isolation ON audit.%I USING (tenant_id = (SELECT rf.tenant()))'
                       ' WITH CHECK (tenant_id = (SELECT rf.tenant()))', t);
        EXECUTE format('DROP POLICY IF EXISTS census ON audit.%I', t);
        EXECUTE format('CREATE POLICY census ON audit.%I FOR SELECT TO rf_checker USING (true)', t);
        EXECUTE format('DROP POLICY IF EXISTS log_owner ON audit.%I', t);
        EXECUTE format('CREATE POLICY log_owner ON audit.%I TO {audit_owner} USING (true) WITH CHECK (true)', t);
        EXECUTE format('DROP POLICY IF EXISTS log_process ON audit.%I', t);
        EXECUTE format('CREATE POLICY log_process ON audit.%I FOR SELECT TO rf_signer USING (true)', t);
    END LOOP;
END
$$;
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.attestation
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.attestation ENABLE ALWAYS TRIGGER refuse_change;
CREATE OR REPLACE TRIGGER refuse_update BEFORE UPDATE ON audit.attestation_request
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.attestation_request ENABLE ALWAYS TRIGGER refuse_update;
ALTER TABLE audit.attestation_request ALTER payload SET STORAGE EXTERNAL, ALTER core SET STORAGE EXTERNAL;

-- The signer's answer to one request: a signature, for an entry that a checkpoint covers, or a reason why not.
-- The request goes and the answer stays; both happen, or neither.
CREATE OR REPLACE FUNCTION audit.answer_attestation(
    of_tenant uuid, event uuid, entry_seq bigint, made bytea, why text
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked audit.attestation_request%ROWTYPE;
BEGIN
    DELETE FROM audit.attestation_request r WHERE r.tenant_id = of_tenant AND r.id = event RETURNING r.* INTO asked;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nobody asked for this attestation' USING ERRCODE = 'RFA10';
    END IF;
    IF made IS NOT NULL AND NOT EXISTS (
        SELECT FROM audit.entry e JOIN audit.log l USING (tenant_id)
         WHERE e.tenant_id = of_tenant AND e.seq = entry_seq AND e.leaf_hash = asked.leaf_hash AND l.state = 'active'
           AND EXISTS (SELECT FROM audit.checkpoint c WHERE c.tenant_id = of_tenant AND c.size > entry_seq)
    ) THEN
        RAISE EXCEPTION 'no signed checkpoint covers the entry of this attestation' USING ERRCODE = 'RFA11';
    END IF;
    INSERT INTO audit.attestation (tenant_id, id, payload_sha256, seq, signature, refused)
        VALUES (of_tenant, event, sha256(asked.payload), CASE WHEN made IS NOT NULL THEN entry_seq END, made,
                CASE WHEN made IS NULL THEN left(coalesce(why, 'refused'), 1000) END);
END
$$;
ALTER FUNCTION audit.answer_attestation(uuid, uuid, bigint, bytea, text) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.answer_attestation(uuid, uuid, bigint, bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.answer_attestation(uuid, uuid, bigint, bytea, text) TO rf_signer;

-- Services ask and read answers; the signer reads what was asked; nobody reads another one's.
GRANT INSERT (tenant_id, id, payload, core, leaf_hash) ON audit.attestation_request TO rf_app, rf_worker;
GRANT SELECT (tenant_id, id, at) ON audit.attestation_request TO rf_app, rf_worker;
GRANT SELECT ON audit.attestation TO rf_app, rf_worker, rf_signer, rf_checker;
GRANT SELECT ON audit.attestation_request TO rf_signer;
GRANT SELECT (tenant_id, id) ON audit.attestation_request TO rf_checker;
