-- Who may do what with the log: triggers, row policies and rights. Runs as superuser; safe to repeat.
CREATE OR REPLACE FUNCTION audit.refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'audit.% is append-only: % is refused for everyone', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '42501', HINT = 'The log is corrected by a new event, never by a change.';
END
$$;
CREATE OR REPLACE FUNCTION audit.refuse_rewriting_a_log() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.tenant_id, NEW.id, NEW.origin, NEW.opened_at, NEW.inception)
       IS DISTINCT FROM (OLD.tenant_id, OLD.id, OLD.origin, OLD.opened_at, OLD.inception)
       OR (OLD.vkey IS NOT NULL AND NEW.vkey IS DISTINCT FROM OLD.vkey)
       OR (OLD.state <> 'active' AND (NEW.state, NEW.frozen_why) IS DISTINCT FROM (OLD.state, OLD.frozen_why)) THEN
        RAISE EXCEPTION 'a log keeps its origin and its key, and stays frozen or retired' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
$$;
ALTER FUNCTION audit.refuse() OWNER TO {audit_owner};
ALTER FUNCTION audit.refuse_rewriting_a_log() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.refuse(), audit.refuse_rewriting_a_log() FROM PUBLIC;

DO $$
DECLARE
    t text;
BEGIN
    -- ALWAYS: also under session_replication_role = replica, which a superuser could set.
    FOREACH t IN ARRAY ARRAY['entry', 'body', 'tile', 'head', 'checkpoint'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.%I'
                       ' FOR EACH ROW EXECUTE FUNCTION audit.refuse()', t);
        EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER refuse_change', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['log', 'pending', 'entry', 'body', 'tile', 'head', 'edge', 'checkpoint'] LOOP
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
        -- The definer functions act as the owner, which has no login and no members.
        EXECUTE format('DROP POLICY IF EXISTS log_owner ON audit.%I', t);
        EXECUTE format('CREATE POLICY log_owner ON audit.%I TO {audit_owner} USING (true) WITH CHECK (true)', t);
        EXECUTE format('DROP POLICY IF EXISTS log_process ON audit.%I', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['log', 'head', 'edge'] LOOP
        EXECUTE format('CREATE POLICY log_process ON audit.%I FOR SELECT TO rf_sequencer, rf_signer USING (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['entry', 'tile', 'checkpoint'] LOOP
        EXECUTE format('CREATE POLICY log_process ON audit.%I FOR SELECT TO rf_signer USING (true)', t);
    END LOOP;
    -- Whom the tenant's policy keeps away reads nothing of the log; what they did is still appended.
    FOREACH t IN ARRAY ARRAY['entry', 'body', 'tile', 'head', 'checkpoint'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS admitted ON audit.%I', t);
        EXECUTE format('CREATE POLICY admitted ON audit.%I AS RESTRICTIVE FOR SELECT TO rf_app, rf_worker'
                       ' USING ((SELECT rf.admitted()))', t);
    END LOOP;
    CREATE POLICY log_process ON audit.pending FOR SELECT TO rf_sequencer USING (true);
END
$$;
CREATE OR REPLACE TRIGGER refuse_update BEFORE UPDATE ON audit.pending
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.pending ENABLE ALWAYS TRIGGER refuse_update;
CREATE OR REPLACE TRIGGER refuse_delete BEFORE DELETE ON audit.log
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.log ENABLE ALWAYS TRIGGER refuse_delete;
CREATE OR REPLACE TRIGGER refuse_rewriting BEFORE UPDATE ON audit.log
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_rewriting_a_log();
ALTER TABLE audit.log ENABLE ALWAYS TRIGGER refuse_rewriting;

-- No event is taken for a log that was never opened, or is retired: it could never be proven. The
-- caller's own policy on audit.log leaves one row to look at.
CREATE OR REPLACE FUNCTION audit.takes_events() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM audit.log WHERE state <> 'retired')
$$;
ALTER FUNCTION audit.takes_events() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.takes_events() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.takes_events() TO rf_app, rf_worker;
DROP POLICY IF EXISTS log_takes_events ON audit.pending;
CREATE POLICY log_takes_events ON audit.pending AS RESTRICTIVE FOR INSERT TO rf_app, rf_worker
    WITH CHECK ((SELECT audit.takes_events()));

-- Each process writes its own row; everybody may see whether it is alive.
ALTER TABLE audit.heartbeat ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.heartbeat FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own_row ON audit.heartbeat;
CREATE POLICY own_row ON audit.heartbeat TO rf_sequencer, rf_signer, rf_publisher
    USING ('rf_' || process = current_user) WITH CHECK ('rf_' || process = current_user);
DROP POLICY IF EXISTS seen_by_all ON audit.heartbeat;
CREATE POLICY seen_by_all ON audit.heartbeat FOR SELECT USING (true);
GRANT SELECT ON audit.heartbeat TO rf_app, rf_worker, rf_checker, rf_sequencer, rf_signer;
GRANT INSERT, UPDATE ON audit.heartbeat TO rf_sequencer, rf_signer;

ALTER FUNCTION audit.is_well_formed(uuid, text, text, timestamptz, bytea, bytea, bytea) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.is_well_formed(uuid, text, text, timestamptz, bytea, bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.is_well_formed(uuid, text, text, timestamptz, bytea, bytea, bytea) TO rf_app, rf_worker;

-- Services append to pending and read their tenant's log; nobody at all updates or deletes.
GRANT INSERT (tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)
    ON audit.pending TO rf_app, rf_worker;
-- What stands in clear beside the ciphertexts, so that a customer watches support before the log is signed.
GRANT SELECT (tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf_hash) ON audit.pending TO rf_app, rf_worker;
GRANT SELECT ON audit.log, audit.entry, audit.body, audit.tile, audit.head, audit.edge, audit.checkpoint
    TO rf_app, rf_worker;
-- The sequencer sees order and hashes, no ciphertext; the signer sees hashes and leaves, no body.
GRANT SELECT (n, tenant_id, leaf_hash) ON audit.pending TO rf_sequencer;
GRANT SELECT ON audit.log, audit.head, audit.edge TO rf_sequencer, rf_signer;
GRANT SELECT ON audit.entry, audit.tile, audit.checkpoint TO rf_signer;
-- The checker recomputes every log; leaves are commitments, and of bodies it counts rows.
GRANT SELECT ON audit.log, audit.entry, audit.tile, audit.head, audit.edge, audit.checkpoint TO rf_checker;
GRANT SELECT (tenant_id, id) ON audit.pending TO rf_checker;
GRANT SELECT (tenant_id, id, seq) ON audit.body TO rf_checker;
