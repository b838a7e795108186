-- The platform's one work log, opened by whoever bootstraps the install. Runs as superuser; safe to repeat.
-- Its first entry commits, under salts of 32 zero bytes, to {"log":"ringfence work log"}: it says nothing about
-- anybody, and makes the log one that can be signed and checked from the first second.
DO $$
DECLARE
    work_log CONSTANT uuid := '00000000-0000-8000-8000-776f726b6c6f';
    log_id uuid := gen_random_uuid();
    opened_ms bigint := (extract(epoch FROM clock_timestamp()) * 1000)::bigint;
BEGIN
    IF EXISTS (SELECT FROM audit.log WHERE tenant_id = work_log) THEN
        RETURN;
    END IF;
    INSERT INTO audit.log (tenant_id, id, origin, inception)
        VALUES (work_log, log_id, '{log_origin}/t/' || replace(log_id::text, '-', ''), log_id);
    INSERT INTO audit.head (tenant_id, size, root, frontier)
        VALUES (work_log, 0, sha256(''::bytea), '\x0000000000000000'::bytea);
    INSERT INTO audit.edge (tenant_id, size, partials) VALUES (work_log, 0, ''::bytea);
    INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, at, leaf)
        VALUES (work_log, log_id, 'log.opened', work_log, 'work', to_timestamp(opened_ms / 1000.0),
                convert_to('{"c":"kP6VNT0ofPIClOUh90F7FrWpPR1wcMfNo+tej5a0M7w=",'
                           '"p":"J1onOVPCFaQV2hlGrMOm46PVu2e/kno+RvcCidvSh7k=","t":' || opened_ms || ',"v":1}', 'UTF8'));
END
$$;
