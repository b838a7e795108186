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

-- The events of a log whose bodies are not there, and that no recovery tells of.
CREATE OR REPLACE FUNCTION audit.bodies_gone(of_tenant uuid, OUT first bigint, OUT many bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT min(e.seq), count(*)
      FROM audit.entry e LEFT JOIN audit.body b ON b.tenant_id = e.tenant_id AND b.seq = e.seq
     WHERE e.tenant_id = of_tenant AND b.seq IS NULL
       AND e.seq >= (SELECT coalesce(max(r.size), 0) FROM audit.recovery r
                      WHERE r.event IS NOT NULL AND r.log_id IN (SELECT p.log_id FROM audit.line_of(of_tenant) AS p))
$$;

-- The succession that waits for the acting tenant's log, and how many bodies no recovery tells of.
CREATE OR REPLACE FUNCTION audit.waiting_succession(
    OUT succession uuid, OUT successor_id uuid, OUT origin text, OUT successor_origin text, OUT standing text,
    OUT kept_size bigint, OUT promised_size bigint, OUT promised_root bytea, OUT from_size bigint, OUT lost bigint,
    OUT why text
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.successor_id, s.origin, s.successor_origin, s.standing, s.kept_size, s.promised_size,
           s.promised_root, coalesce(gone.first, s.kept_size), gone.many, l.frozen_why
      FROM audit.succession s JOIN audit.log l ON l.id = s.log_id CROSS JOIN audit.bodies_gone(l.tenant_id) AS gone
     WHERE l.tenant_id = rf.tenant() AND l.state = 'frozen' AND s.event IS NULL ORDER BY s.at DESC LIMIT 1
$$;

-- Lets one log take another's place, in one step with the entry that carries the loss. That entry is the first of the
-- new log's own: it goes before whatever waits. For the two functions below, and nobody else.
CREATE OR REPLACE FUNCTION audit.take_place(
    of_tenant uuid, succession uuid, actor uuid, event uuid, event_at timestamptz, event_leaf bytea,
    event_core bytea, event_pii bytea
) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    meta_log CONSTANT uuid := '00000000-0000-8000-8000-00006d657461';
    noted audit.succession;
    bodies record;
BEGIN
    SELECT g.first, g.many INTO bodies FROM audit.bodies_gone(of_tenant) AS g;
    UPDATE audit.succession s SET event = take_place.event, succeeded_at = transaction_timestamp()
      FROM audit.log l JOIN audit.head h ON h.tenant_id = l.tenant_id
     WHERE l.tenant_id = of_tenant AND l.state = 'frozen' AND s.id = take_place.succession AND s.log_id = l.id
       AND s.event IS NULL AND s.at > clock_timestamp() - interval '1 hour'
       AND s.kept_size = h.size AND s.kept_root = h.root
       AND NOT EXISTS (SELECT FROM audit.head n WHERE n.tenant_id = of_tenant AND n.size > h.size)
    RETURNING s.* INTO noted;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no succession of this log was noted in the last hour' USING ERRCODE = 'RFA17';
    END IF;
    IF bodies.many > 0 THEN
        INSERT INTO audit.recovery (log_id, from_size, size, root, lost, event, resumed_at)
            VALUES (noted.log_id, bodies.first, noted.kept_size, noted.kept_root, bodies.many,
                    take_place.event, transaction_timestamp());
    END IF;
    -- A leaf of the meta-log is a checkpoint: what it says of the loss is how far the log before it had been signed.
    INSERT INTO audit.pending (n, tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)
        OVERRIDING SYSTEM VALUE
        SELECT least(0, coalesce((SELECT min(p.n) FROM audit.pending p), 0)) - 1, of_tenant, event,
               CASE WHEN of_tenant = meta_log THEN 'log.checkpointed' ELSE 'log.succeeded' END, actor, 'log',
               CASE WHEN of_tenant = meta_log THEN noted.log_id ELSE noted.successor_id END,
               event_at, event_leaf, event_core, event_pii;
    UPDATE audit.log SET id = noted.successor_id, origin = noted.successor_origin, inception = event,
                         opened_at = transaction_timestamp(), vkey = NULL, after_size = noted.kept_size,
                         state = 'active', frozen_why = NULL
     WHERE tenant_id = of_tenant;
END
$$;

-- Lets the acting tenant's log be succeeded; its event says what is lost.
CREATE OR REPLACE FUNCTION audit.succeed_log(
    succession uuid, event uuid, event_at timestamptz, event_leaf bytea, event_core bytea, event_pii bytea
) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT audit.take_place(rf.tenant(), succession, rf.actor(), event, event_at, event_leaf, event_core, event_pii)
$$;

-- The same for the platform's own two logs, which no tenant acts for and whose leaves hold no event. It takes the
-- superuser of an outage, as noting it does.
CREATE OR REPLACE FUNCTION audit.succeed_own_log(
    own_log uuid, noted_origin text, event uuid, event_at timestamptz, event_leaf bytea
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    work_log CONSTANT uuid := '00000000-0000-8000-8000-776f726b6c6f';
    meta_log CONSTANT uuid := '00000000-0000-8000-8000-00006d657461';
    succession uuid := (SELECT s.id FROM audit.succession s WHERE s.successor_origin = noted_origin);
BEGIN
    IF own_log NOT IN (work_log, meta_log) THEN
        RAISE EXCEPTION 'a tenant''s log is succeeded by an event of the tenant' USING ERRCODE = 'RFA20';
    END IF;
    IF own_log = meta_log AND NOT EXISTS (
        SELECT FROM audit.log l WHERE l.tenant_id = meta_log AND starts_with(convert_from(event_leaf, 'UTF8'), l.origin || E'\n')
    ) THEN
        RAISE EXCEPTION 'the leaf is no checkpoint of the log that is succeeded' USING ERRCODE = 'RFA23';
    END IF;
    PERFORM audit.take_place(own_log, succession, own_log, event, event_at, event_leaf, NULL, NULL);
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

-- Those of the meta-log, which every pin names: two keys and two heads, and nobody's name.
CREATE OR REPLACE FUNCTION audit.meta_successions()
RETURNS TABLE (origin text, standing text, promised_size bigint, kept_size bigint, succeeded_at timestamptz, note bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.origin, s.standing, s.promised_size, s.kept_size, s.succeeded_at, s.note
      FROM audit.line_of('00000000-0000-8000-8000-00006d657461') AS p JOIN audit.succession s ON s.successor_id = p.log_id
     WHERE s.event IS NOT NULL ORDER BY s.succeeded_at, s.kept_size
$$;

ALTER FUNCTION audit.note_succession(uuid, text, bigint, bytea, bigint, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.bodies_gone(uuid) OWNER TO {audit_owner};
ALTER FUNCTION audit.waiting_succession() OWNER TO {audit_owner};
ALTER FUNCTION audit.take_place(uuid, uuid, uuid, uuid, timestamptz, bytea, bytea, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.succeed_own_log(uuid, text, uuid, timestamptz, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.succeed_log(uuid, uuid, timestamptz, bytea, bytea, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.add_succession_note(uuid, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.successions() OWNER TO {audit_owner};
ALTER FUNCTION audit.meta_successions() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.note_succession(uuid, text, bigint, bytea, bigint, bytea), audit.waiting_succession(),
    audit.bodies_gone(uuid), audit.take_place(uuid, uuid, uuid, uuid, timestamptz, bytea, bytea, bytea),
    audit.succeed_own_log(uuid, text, uuid, timestamptz, bytea),
    audit.succeed_log(uuid, uuid, timestamptz, bytea, bytea, bytea), audit.add_succession_note(uuid, bytea),
    audit.successions(), audit.meta_successions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.waiting_succession(),
    audit.succeed_log(uuid, uuid, timestamptz, bytea, bytea, bytea) TO rf_worker;
GRANT EXECUTE ON FUNCTION audit.add_succession_note(uuid, bytea) TO rf_signer;
GRANT EXECUTE ON FUNCTION audit.successions(), audit.meta_successions() TO rf_app, rf_worker;
