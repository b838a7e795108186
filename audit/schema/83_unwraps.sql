-- Whether the log tells of those who had a key unwrapped. Runs as superuser; safe to repeat.
-- An event whose actor was erased is still there, under the id of nobody.
-- Two answers, and not the columns: the checker learns nothing of anybody whom it cannot name already.
CREATE OR REPLACE FUNCTION audit.tells_of(of_tenant uuid, of_actor uuid, events uuid[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT FROM unnest(events) AS e (id)
         WHERE NOT EXISTS (SELECT FROM audit.pending p
                            WHERE p.tenant_id = of_tenant AND p.id = e.id AND p.actor_id = of_actor)
           AND NOT EXISTS (SELECT FROM audit.body b
                            WHERE b.tenant_id = of_tenant AND b.id = e.id
                              AND b.actor_id IN (of_actor, '00000000-0000-0000-0000-000000000000')))
$$;
-- The head before `since` says where in the log to begin: an event is appended after it has happened. A minute for
-- clocks that differ.
CREATE OR REPLACE FUNCTION audit.acted_between(of_tenant uuid, of_actor uuid, since timestamptz, until timestamptz)
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first bigint := coalesce((SELECT h.size FROM audit.head h
                               WHERE h.tenant_id = of_tenant AND h.at < since - interval '1 minute'
                               ORDER BY h.at DESC LIMIT 1), 0);
BEGIN
    RETURN EXISTS (SELECT FROM audit.pending p
                    WHERE p.tenant_id = of_tenant AND p.actor_id = of_actor AND p.at BETWEEN since AND until)
        OR EXISTS (SELECT FROM audit.body b
                    WHERE b.tenant_id = of_tenant AND b.actor_id = of_actor AND b.seq >= first
                      AND b.at BETWEEN since AND until);
END
$$;
ALTER FUNCTION audit.tells_of(uuid, uuid, uuid[]) OWNER TO {audit_owner};
ALTER FUNCTION audit.acted_between(uuid, uuid, timestamptz, timestamptz) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.tells_of(uuid, uuid, uuid[]), audit.acted_between(uuid, uuid, timestamptz, timestamptz)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.tells_of(uuid, uuid, uuid[]), audit.acted_between(uuid, uuid, timestamptz, timestamptz)
    TO rf_checker;
