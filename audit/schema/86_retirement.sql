-- The end of a log: it takes no events any more, and every proof over it holds. Runs as superuser; safe to repeat.
-- Only the event that says so ends it, once a signed checkpoint covers that event and nothing waits behind it.
CREATE OR REPLACE FUNCTION audit.retire_log(last_event uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_tenant uuid := rf.tenant();
    now_is text;
BEGIN
    -- The row is the lock that an append takes; whoever records holds no lock, and is refused from the commit on.
    SELECT l.state INTO now_is FROM audit.log l WHERE l.tenant_id = of_tenant FOR NO KEY UPDATE;
    IF now_is = 'retired' THEN
        RETURN;
    END IF;
    PERFORM FROM audit.body b
      JOIN audit.checkpoint c ON c.tenant_id = b.tenant_id AND c.size > b.seq
     WHERE b.tenant_id = of_tenant AND b.id = last_event AND b.verb = 'tenant.destroyed';
    IF NOT FOUND OR now_is IS DISTINCT FROM 'active' THEN
        RAISE EXCEPTION 'no signed checkpoint of an active log covers the event that ends it' USING ERRCODE = 'RFA18';
    END IF;
    IF EXISTS (SELECT FROM audit.pending p WHERE p.tenant_id = of_tenant)
       OR EXISTS (SELECT FROM audit.attestation_request r WHERE r.tenant_id = of_tenant)
       OR (SELECT max(h.size) FROM audit.head h WHERE h.tenant_id = of_tenant)
          IS DISTINCT FROM (SELECT max(c.size) FROM audit.checkpoint c WHERE c.tenant_id = of_tenant) THEN
        RAISE EXCEPTION 'something of this log still waits to be appended or signed' USING ERRCODE = 'RFA19';
    END IF;
    UPDATE audit.log SET state = 'retired' WHERE tenant_id = of_tenant;
END
$$;
ALTER FUNCTION audit.retire_log(uuid) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.retire_log(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.retire_log(uuid) TO rf_worker;
