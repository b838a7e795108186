-- What the isolation check may learn of sealed cells: where each stands, and its first 44 bytes, which
-- name the data key and hold the salt. No ciphertext. Runs as superuser; safe to repeat.
CREATE OR REPLACE FUNCTION rf.sealed_headers(of_table regclass, of_column name)
RETURNS TABLE (row_id uuid, tenant_id uuid, header bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The keys that sign contexts have the same owner as this function.
    IF (SELECT c.relnamespace::regnamespace::text FROM pg_class c WHERE c.oid = of_table) NOT IN ('public', 'audit') THEN
        RAISE EXCEPTION 'only tables of tenants have sealed cells' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT t.id, t.tenant_id, substring(t.%1$I FROM 1 FOR 44) FROM %2$s t WHERE t.%1$I IS NOT NULL',
        of_column, of_table);
END
$$;
ALTER FUNCTION rf.sealed_headers(regclass, name) OWNER TO {definer};
REVOKE ALL ON FUNCTION rf.sealed_headers(regclass, name) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rf.sealed_headers(regclass, name) TO rf_checker;
GRANT USAGE ON SCHEMA public, audit TO {definer};
GRANT SELECT (tenant_id, id, core, pii) ON audit.body TO {definer};
DROP POLICY IF EXISTS headers ON audit.body;
CREATE POLICY headers ON audit.body FOR SELECT TO {definer} USING (true);
