-- What opens a log that succeeds another (84_succession.sql). Runs as superuser; safe to repeat.
-- Notes that a frozen log is to be succeeded from its newest head on. The caller has compared every promise.
CREATE OR REPLACE FUNCTION audit.note_succession(
    of_tenant uuid, how text, of_size bigint, of_root bytea, broken_size bigint, broken_root bytea
) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old audit.log;
    new_id uuid := gen_random_uuid();
    new_origin text;
BEGIN
    IF of_tenant IN ('00000000-0000-8000-8000-776f726b6c6f', '00000000-0000-8000-8000-00006d657461') THEN
        RAISE EXCEPTION 'the work log and the meta-log take no event that tells of a loss' USING ERRCODE = 'RFA20';
    END IF;
    SELECT * INTO old FROM audit.log l
     WHERE l.tenant_id = of_tenant AND l.state = 'frozen' AND l.vkey IS NOT NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the log is not frozen' USING ERRCODE = 'RFA16';
    END IF;
    PERFORM FROM audit.head h
     WHERE h.tenant_id = of_tenant AND h.size = of_size AND h.root = of_root
       AND NOT EXISTS (SELECT FROM audit.head n WHERE n.tenant_id = of_tenant AND n.size > of_size);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this is not the newest head of the log' USING ERRCODE = 'RFA06';
    END IF;
    -- A checkpoint beyond it would stand where the successor's own must come to stand.
    IF EXISTS (SELECT FROM audit.checkpoint c WHERE c.tenant_id = of_tenant AND c.size > of_size) THEN
        RAISE EXCEPTION 'the database holds checkpoints of events that it does not hold' USING ERRCODE = 'RFA21';
    END IF;
    new_origin := left(old.origin, -32) || replace(new_id::text, '-', '');
    INSERT INTO audit.succession (log_id, origin, vkey, successor_id, successor_origin, standing,
                                  kept_size, kept_root, promised_size, promised_root)
        VALUES (old.id, old.origin, old.vkey, new_id, new_origin, how, of_size, of_root, broken_size, broken_root);
    RETURN new_origin;
END
$$;

-- The succession that waits for the acting tenant's log, and how many bodies no recovery tells of.
CREATE OR REPLACE FUNCTION audit.waiting_succession(
    OUT succession uuid, OUT successor_id uuid, OUT origin text, OUT successor_origin text, OUT standing text,
    OUT kept_size bigint, OUT promised_size bigint, OUT promised_root bytea, OUT from_size bigint, OUT lost bigint,
    OUT why text
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH told AS (
        SELECT coalesce(max(r.size), 0) AS until FROM audit.recovery r
         WHERE r.event IS NOT NULL AND r.log_id IN (SELECT p.log_id FROM audit.line_of(rf.tenant()) AS p)
    ), gone AS (
        SELECT min(e.seq) AS first, count(*) AS many
          FROM told CROSS JOIN audit.entry e
          LEFT JOIN audit.body b ON b.tenant_id = e.tenant_id AND b.seq = e.seq
         WHERE e.tenant_id = rf.tenant() AND e.seq >= told.until AND b.seq IS NULL
    )
    SELECT s.id, s.successor_id, s.origin, s.successor_origin, s.standing, s.kept_size, s.promised_size,
           s.promised_root, coalesce(gone.first, s.kept_size), gone.many, l.frozen_why
      FROM audit.succession s JOIN audit.log l ON l.id = s.log_id CROSS JOIN gone
     WHERE l.tenant_id = rf.tenant() AND l.state = 'frozen' AND s.event IS NULL ORDER BY s.at DESC LIMIT 1
$$;

-- Lets the acting tenant's log be succeeded, in one step with the event that carries the loss. That event is the
-- first entry of the new log's own: it goes before whatever waits.
CREATE OR REPLACE FUNCTION audit.succeed_log(
    succession uuid, event uuid, event_at timestamptz, event_leaf bytea, event_core bytea, event_pii bytea
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    of_tenant uuid := rf.tenant();
    noted audit.succession;
    bodies record;
BEGIN
    SELECT w.from_size, w.lost INTO bodies FROM audit.waiting_succession() w;
    UPDATE audit.succession s SET event = succeed_log.event, succeeded_at = transaction_timestamp()
      FROM audit.log l JOIN audit.head h ON h.tenant_id = l.tenant_id
     WHERE l.tenant_id = of_tenant AND l.state = 'frozen' AND s.id = succeed_log.succession AND s.log_id = l.id
       AND s.event IS NULL AND s.at > clock_timestamp() - interval '1 hour'
       AND s.kept_size = h.size AND s.kept_root = h.root
       AND NOT EXISTS (SELECT FROM audit.head n WHERE n.tenant_id = of_tenant AND n.size > h.size)
    RETURNING s.* INTO noted;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no succession of this log was noted in the last hour' USING ERRCODE = 'RFA17';
    END IF;
    IF bodies.lost > 0 THEN
        INSERT INTO audit.recovery (log_id, from_size, size, root, lost, event, resumed_at)
            VALUES (noted.log_id, bodies.from_size, noted.kept_size, noted.kept_root, bodies.lost,
                    succeed_log.event, transaction_timestamp());
    END IF;
    INSERT INTO audit.pending (n, tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)
        OVERRIDING SYSTEM VALUE
        SELECT least(0, coalesce((SELECT min(p.n) FROM audit.pending p), 0)) - 1,
               of_tenant, event, 'log.succeeded', rf.actor(), 'log', noted.successor_id,
               event_at, event_leaf, event_core, event_pii;
    UPDATE audit.log SET id = noted.successor_id, origin = noted.successor_origin, inception = event,
                         opened_at = transaction_timestamp(), vkey = NULL, after_size = noted.kept_size,
                         state = 'active', frozen_why = NULL
     WHERE tenant_id = of_tenant;
END
$$;

-- Keeps what the signer states of a succession, signed by both keys. The text is the row's, and nothing else.
CREATE OR REPLACE FUNCTION audit.add_succession_note(successor uuid, signed_note bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stated text;
    there bytea;
BEGIN
    SELECT concat_ws(E'\n', 'ringfence.audit/succession/v1', s.origin, l.vkey, s.standing,
                     'promised ' || s.promised_size || ' ' || encode(s.promised_root, 'base64'),
                     'kept ' || s.kept_size || ' ' || encode(s.kept_root, 'base64'), '', ''), s.note
      INTO stated, there
      FROM audit.succession s JOIN audit.log l ON l.id = s.successor_id
     WHERE s.successor_id = successor AND s.event IS NOT NULL AND l.vkey IS NOT NULL;
    IF stated IS NULL OR substring(signed_note FROM 1 FOR octet_length(stated)) <> convert_to(stated, 'UTF8') THEN
        RAISE EXCEPTION 'the note is not about a succession of this log' USING ERRCODE = 'RFA08';
    END IF;
    IF there IS NULL THEN
        UPDATE audit.succession SET note = signed_note WHERE successor_id = successor;
    ELSIF there <> signed_note THEN
        RAISE EXCEPTION 'this succession has another note' USING ERRCODE = 'RFA09';
    END IF;
END
$$;

-- The successions in the line of the acting tenant's log, oldest first.
CREATE OR REPLACE FUNCTION audit.successions()
RETURNS TABLE (origin text, standing text, promised_size bigint, kept_size bigint, succeeded_at timestamptz, note bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.origin, s.standing, s.promised_size, s.kept_size, s.succeeded_at, s.note
      FROM audit.line_of(rf.tenant()) AS p JOIN audit.succession s ON s.successor_id = p.log_id
     WHERE s.event IS NOT NULL AND rf.admitted() ORDER BY s.succeeded_at, s.kept_size
$$;

ALTER FUNCTION audit.note_succession(uuid, text, bigint, bytea, bigint, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.waiting_succession() OWNER TO {audit_owner};
ALTER FUNCTION audit.succeed_log(uuid, uuid, timestamptz, bytea, bytea, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.add_succession_note(uuid, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.successions() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.note_succession(uuid, text, bigint, bytea, bigint, bytea), audit.waiting_succession(),
    audit.succeed_log(uuid, uuid, timestamptz, bytea, bytea, bytea), audit.add_succession_note(uuid, bytea),
    audit.successions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.waiting_succession(),
    audit.succeed_log(uuid, uuid, timestamptz, bytea, bytea, bytea) TO rf_worker;
GRANT EXECUTE ON FUNCTION audit.add_succession_note(uuid, bytea) TO rf_signer;
GRANT EXECUTE ON FUNCTION audit.successions() TO rf_app, rf_worker;
