-- Erasing who did something. Runs as superuser; safe to repeat.
-- An event's personal half is ciphertext with its salt inside; once both are gone the commitment in the leaf hides
-- for ever, and every proof over the leaf holds. What was erased, and by which event, stays in a table of its own.
CREATE TABLE IF NOT EXISTS audit.erasure (
    tenant_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 0),
    event uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, seq)
);
ALTER TABLE audit.erasure OWNER TO {audit_owner};
REVOKE ALL ON audit.erasure FROM PUBLIC;
ALTER TABLE audit.erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.erasure FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_isolation ON audit.erasure;
CREATE POLICY tenant_isolation ON audit.erasure USING (tenant_id = (SELECT rf.tenant()))
    WITH CHECK (tenant_id = (SELECT rf.tenant()));
DROP POLICY IF EXISTS census ON audit.erasure;
CREATE POLICY census ON audit.erasure FOR SELECT TO rf_checker USING (true);
DROP POLICY IF EXISTS log_owner ON audit.erasure;
CREATE POLICY log_owner ON audit.erasure TO {audit_owner} USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS admitted ON audit.erasure;
CREATE POLICY admitted ON audit.erasure AS RESTRICTIVE FOR SELECT TO rf_app, rf_worker
    USING ((SELECT rf.admitted()));
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.erasure
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.erasure ENABLE ALWAYS TRIGGER refuse_change;
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.erasure
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.erasure ENABLE ALWAYS TRIGGER refuse_truncate;
GRANT SELECT ON audit.erasure TO rf_app, rf_worker, rf_checker;

-- The one change that a body takes: its personal half goes, and the actor with it, where an erasure says so. Only
-- the owner of the log's functions comes this far with a right; it has no login and no members.
CREATE OR REPLACE FUNCTION audit.refuse_but_erasure() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = '{audit_owner}' AND OLD.pii IS NOT NULL AND NEW.pii IS NULL
       AND NEW.actor_id = '00000000-0000-0000-0000-000000000000'
       AND (NEW.tenant_id, NEW.seq, NEW.id, NEW.verb, NEW.object_kind, NEW.object_id, NEW.at, NEW.core)
           IS NOT DISTINCT FROM (OLD.tenant_id, OLD.seq, OLD.id, OLD.verb, OLD.object_kind, OLD.object_id, OLD.at, OLD.core)
       AND EXISTS (SELECT FROM audit.erasure e WHERE e.tenant_id = OLD.tenant_id AND e.seq = OLD.seq) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit.% is append-only: % is refused for everyone', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '42501', HINT = 'The log is corrected by a new event, never by a change.';
END
$$;
ALTER FUNCTION audit.refuse_but_erasure() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.refuse_but_erasure() FROM PUBLIC;
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.body
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_but_erasure();
ALTER TABLE audit.body ENABLE ALWAYS TRIGGER refuse_change;

-- Destroys the personal half of the named events and records that it did, in one step: no erasure without its event.
-- The verb is fixed here. Who erased what is itself never erased.
CREATE OR REPLACE FUNCTION audit.erase(
    event uuid, event_at timestamptz, event_leaf bytea, event_core bytea, event_pii bytea, places bigint[]
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_tenant uuid := rf.tenant();
    erased bigint;
BEGIN
    PERFORM FROM audit.log l WHERE l.tenant_id = of_tenant AND l.state <> 'retired';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the log takes no events' USING ERRCODE = 'RFA12';
    END IF;
    IF coalesce(cardinality(places), 0) NOT BETWEEN 1 AND 5000 THEN
        RAISE EXCEPTION 'one event erases 1 to 5000 others' USING ERRCODE = 'RFA13';
    END IF;
    INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, at, leaf, core, pii)
        VALUES (of_tenant, event, 'audit.erased', rf.actor(), 'event', event_at, event_leaf, event_core, event_pii);
    INSERT INTO audit.erasure (tenant_id, seq, event) SELECT of_tenant, p, event FROM unnest(places) AS p;
    UPDATE audit.body b SET pii = NULL, actor_id = '00000000-0000-0000-0000-000000000000'
     WHERE b.tenant_id = of_tenant AND b.seq = ANY(places) AND b.pii IS NOT NULL AND b.verb <> 'audit.erased';
    GET DIAGNOSTICS erased = ROW_COUNT;
    IF erased <> cardinality(places) THEN
        RAISE EXCEPTION '% of % events have nothing to erase', cardinality(places) - erased, cardinality(places)
            USING ERRCODE = 'RFA14';
    END IF;
    RETURN erased;
END
$$;

-- How many bodies lack their personal half without an erasure that says so, or have it in spite of one, or were
-- erased by an event that is not there. Counts alone, for whoever may not read a ciphertext.
CREATE OR REPLACE FUNCTION audit.unexplained_gaps(of_tenant uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT count(*) FROM audit.body b LEFT JOIN audit.erasure e USING (tenant_id, seq)
             WHERE b.tenant_id = of_tenant AND of_tenant NOT IN ('00000000-0000-8000-8000-776f726b6c6f', '00000000-0000-8000-8000-00006d657461')
               AND (b.pii IS NULL) <> (e.seq IS NOT NULL))
         + (SELECT count(*) FROM audit.erasure e
             WHERE e.tenant_id = of_tenant
               AND NOT EXISTS (SELECT FROM audit.body b WHERE b.tenant_id = of_tenant AND b.id = e.event
                                                          AND b.verb = 'audit.erased')
               AND NOT EXISTS (SELECT FROM audit.pending p WHERE p.tenant_id = of_tenant AND p.id = e.event
                                                             AND p.verb = 'audit.erased'))
$$;
ALTER FUNCTION audit.erase(uuid, timestamptz, bytea, bytea, bytea, bigint[]) OWNER TO {audit_owner};
ALTER FUNCTION audit.unexplained_gaps(uuid) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.erase(uuid, timestamptz, bytea, bytea, bytea, bigint[]), audit.unexplained_gaps(uuid)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.erase(uuid, timestamptz, bytea, bytea, bytea, bigint[]) TO rf_app, rf_worker;
GRANT EXECUTE ON FUNCTION audit.unexplained_gaps(uuid) TO rf_checker;
