-- Putting a log back from the bucket, and letting it go on. Runs as superuser; safe to repeat.
-- A log that was set back is frozen. Whatever brings it back has the root that was promised, or nothing thaws it. What
-- its lost events said is not in the bucket: their leaves come back, their bodies do not, and this table says of how many.
CREATE TABLE IF NOT EXISTS audit.recovery (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    log_id uuid NOT NULL,
    from_size bigint NOT NULL CHECK (from_size >= 0),
    size bigint NOT NULL,
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    lost bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event uuid,
    resumed_at timestamptz,
    CONSTRAINT recovery_loses_no_more_than_it_brings CHECK (lost BETWEEN 0 AND size - from_size),
    CONSTRAINT recovery_is_resumed_by_an_event CHECK ((event IS NULL) = (resumed_at IS NULL))
);
CREATE INDEX IF NOT EXISTS recovery_of_log ON audit.recovery (log_id, size);
ALTER TABLE audit.recovery OWNER TO {audit_owner};
REVOKE ALL ON audit.recovery FROM PUBLIC;
ALTER TABLE audit.recovery ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.recovery FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS log_owner ON audit.recovery;
CREATE POLICY log_owner ON audit.recovery TO {audit_owner} USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS seen_by_keepers ON audit.recovery;
CREATE POLICY seen_by_keepers ON audit.recovery FOR SELECT TO rf_signer, rf_checker USING (true);
GRANT SELECT ON audit.recovery TO rf_signer, rf_checker;

-- A recovery is used once: it takes the event that tells of it, and no other change.
CREATE OR REPLACE FUNCTION audit.refuse_but_resumption() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = '{audit_owner}' AND OLD.event IS NULL AND NEW.event IS NOT NULL
       AND (NEW.id, NEW.log_id, NEW.from_size, NEW.size, NEW.root, NEW.lost, NEW.at)
           IS NOT DISTINCT FROM (OLD.id, OLD.log_id, OLD.from_size, OLD.size, OLD.root, OLD.lost, OLD.at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit.% is append-only: % is refused for everyone', TG_TABLE_NAME, TG_OP
        USING ERRCODE = '42501', HINT = 'The log is corrected by a new event, never by a change.';
END
$$;
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.recovery
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_but_resumption();
ALTER TABLE audit.recovery ENABLE ALWAYS TRIGGER refuse_change;
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.recovery
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.recovery ENABLE ALWAYS TRIGGER refuse_truncate;

-- As audit.refuse_rewriting_a_log, with the two ways out of a freeze: in the transaction that uses up a recovery, and
-- in the one that uses up a succession, which alone gives the log another name.
CREATE OR REPLACE FUNCTION audit.refuse_but_recovery() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user = '{audit_owner}' AND NEW.tenant_id = OLD.tenant_id AND NEW.vkey IS NULL
       AND OLD.state = 'frozen' AND NEW.state = 'active'
       AND EXISTS (SELECT FROM audit.succession s
                    WHERE s.log_id = OLD.id AND s.successor_id = NEW.id AND s.successor_origin = NEW.origin
                      AND s.kept_size = NEW.after_size AND s.event = NEW.inception
                      AND s.succeeded_at = transaction_timestamp()) THEN
        RETURN NEW;
    END IF;
    IF (NEW.tenant_id, NEW.id, NEW.origin, NEW.opened_at, NEW.inception, NEW.after_size)
       IS DISTINCT FROM (OLD.tenant_id, OLD.id, OLD.origin, OLD.opened_at, OLD.inception, OLD.after_size)
       OR (OLD.vkey IS NOT NULL AND NEW.vkey IS DISTINCT FROM OLD.vkey)
       OR (OLD.state <> 'active' AND (NEW.state, NEW.frozen_why) IS DISTINCT FROM (OLD.state, OLD.frozen_why)
           AND NOT (current_user = '{audit_owner}' AND OLD.state = 'frozen' AND NEW.state = 'active'
                    AND EXISTS (SELECT FROM audit.recovery r
                                 WHERE r.log_id = OLD.id AND r.resumed_at = transaction_timestamp()))) THEN
        RAISE EXCEPTION 'a log keeps its origin and its key, and stays frozen or retired' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER refuse_rewriting BEFORE UPDATE ON audit.log
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_but_recovery();
ALTER TABLE audit.log ENABLE ALWAYS TRIGGER refuse_rewriting;

-- Appends leaves out of the bucket to a frozen log. An event that still waits with the same leaf brings its body.
-- No service may call it: it takes the superuser of an outage, and a signer that finds another root freezes again.
CREATE OR REPLACE FUNCTION audit.refill(
    of_tenant uuid, expected_size bigint, leaves bytea[],
    tile_levels smallint[], tile_indexes bigint[], tiles bytea[],
    new_root bytea, new_frontier bytea, new_partials bytea
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_size bigint := expected_size + coalesce(cardinality(leaves), 0);
    last_size bigint;
BEGIN
    PERFORM FROM audit.log l WHERE l.tenant_id = of_tenant AND l.state = 'frozen' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the log is not frozen' USING ERRCODE = 'RFA16';
    END IF;
    SELECT max(h.size) INTO last_size FROM audit.head h WHERE h.tenant_id = of_tenant;
    IF last_size IS DISTINCT FROM expected_size OR new_size = expected_size THEN
        RAISE EXCEPTION 'the log has % events, not %', last_size, expected_size USING ERRCODE = 'RFA02';
    END IF;
    INSERT INTO audit.entry (tenant_id, seq, leaf, leaf_hash)
    SELECT of_tenant, expected_size + t.place - 1, t.leaf, sha256('\x00'::bytea || t.leaf)
      FROM unnest(leaves) WITH ORDINALITY AS t(leaf, place) ORDER BY t.place;
    WITH taken AS (
        DELETE FROM audit.pending p USING audit.entry e
         WHERE p.tenant_id = of_tenant AND e.tenant_id = of_tenant AND e.seq >= expected_size
           AND e.leaf_hash = p.leaf_hash AND e.leaf = p.leaf
        RETURNING e.seq, p.id, p.verb, p.actor_id, p.object_kind, p.object_id, p.at, p.core, p.pii
    )
    INSERT INTO audit.body (tenant_id, seq, id, verb, actor_id, object_kind, object_id, at, core, pii)
    SELECT of_tenant, t.seq, t.id, t.verb, t.actor_id, t.object_kind, t.object_id, t.at, t.core, t.pii FROM taken t;
    INSERT INTO audit.tile (tenant_id, level, idx, hashes)
    SELECT of_tenant, t.level, t.idx, t.hashes FROM unnest(tile_levels, tile_indexes, tiles) AS t(level, idx, hashes);
    IF substring(new_frontier FROM 1 FOR 8) <> int8send(new_size) THEN
        RAISE EXCEPTION 'this is not the head of % events', new_size USING ERRCODE = 'RFA06';
    END IF;
    INSERT INTO audit.head (tenant_id, size, root, frontier) VALUES (of_tenant, new_size, new_root, new_frontier);
    UPDATE audit.edge SET size = new_size, partials = new_partials WHERE tenant_id = of_tenant;
    RETURN new_size;
END
$$;

-- Says that a frozen log keeps every promise again, and how many of its events lost their bodies. Superuser, as above.
CREATE OR REPLACE FUNCTION audit.note_recovery(of_tenant uuid, of_size bigint, of_root bytea) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_log uuid;
    noted uuid;
    begins bigint;
    gone bigint;
BEGIN
    SELECT l.id INTO of_log FROM audit.log l WHERE l.tenant_id = of_tenant AND l.state = 'frozen' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the log is not frozen' USING ERRCODE = 'RFA16';
    END IF;
    PERFORM FROM audit.head h
     WHERE h.tenant_id = of_tenant AND h.size = of_size AND h.root = of_root
       AND NOT EXISTS (SELECT FROM audit.head n WHERE n.tenant_id = of_tenant AND n.size > of_size);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this is not the newest head of the log' USING ERRCODE = 'RFA06';
    END IF;
    -- What an earlier recovery counted, and nobody resumed, is counted again.
    SELECT coalesce(max(r.size), 0) INTO begins FROM audit.recovery r
     WHERE r.event IS NOT NULL AND r.log_id IN (SELECT p.log_id FROM audit.line_of(of_tenant) AS p);
    SELECT coalesce(min(e.seq), of_size), count(*) INTO begins, gone
      FROM audit.entry e LEFT JOIN audit.body b ON b.tenant_id = e.tenant_id AND b.seq = e.seq
     WHERE e.tenant_id = of_tenant AND e.seq >= begins AND b.seq IS NULL;
    INSERT INTO audit.recovery (log_id, from_size, size, root, lost) VALUES (of_log, begins, of_size, of_root, gone)
        RETURNING id INTO noted;
    -- The work log and the meta-log take no events that tell of anything: they go on at once.
    IF of_tenant IN ('00000000-0000-8000-8000-776f726b6c6f', '00000000-0000-8000-8000-00006d657461') THEN
        UPDATE audit.recovery SET event = of_log, resumed_at = transaction_timestamp() WHERE id = noted;
        UPDATE audit.log SET state = 'active', frozen_why = NULL WHERE tenant_id = of_tenant;
    END IF;
    RETURN gone;
END
$$;

-- Lets the log of the acting tenant go on, in one step with the event that carries the loss. The verb is fixed here.
CREATE OR REPLACE FUNCTION audit.resume_log(
    recovery uuid, event uuid, event_at timestamptz, event_leaf bytea, event_core bytea, event_pii bytea
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    of_tenant uuid := rf.tenant();
BEGIN
    -- An hour: a recovery says what was so when the bucket was read, before anything else is begun.
    UPDATE audit.recovery r SET event = resume_log.event, resumed_at = transaction_timestamp()
      FROM audit.log l JOIN audit.head h ON h.tenant_id = l.tenant_id
     WHERE l.tenant_id = of_tenant AND l.state = 'frozen' AND r.id = resume_log.recovery AND r.log_id = l.id
       AND r.event IS NULL AND r.at > clock_timestamp() - interval '1 hour' AND r.size = h.size AND r.root = h.root
       AND NOT EXISTS (SELECT FROM audit.head n WHERE n.tenant_id = of_tenant AND n.size > h.size);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no recovery of the last hour says that this log keeps its promises' USING ERRCODE = 'RFA17';
    END IF;
    INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)
    SELECT of_tenant, event, 'log.recovered', rf.actor(), 'log', l.id, event_at, event_leaf, event_core, event_pii
      FROM audit.log l WHERE l.tenant_id = of_tenant;
    UPDATE audit.log SET state = 'active', frozen_why = NULL WHERE tenant_id = of_tenant;
END
$$;

-- The recovery that waits for the acting tenant's log, and what it lost.
CREATE OR REPLACE FUNCTION audit.waiting_recovery(
    OUT recovery uuid, OUT from_size bigint, OUT size bigint, OUT lost bigint, OUT why text
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.id, r.from_size, r.size, r.lost, l.frozen_why
      FROM audit.recovery r JOIN audit.log l ON l.id = r.log_id
     WHERE l.tenant_id = rf.tenant() AND l.state = 'frozen' AND r.event IS NULL ORDER BY r.at DESC LIMIT 1
$$;

-- The place of an event of the acting tenant whose body was lost, by its leaf's hash: what its receipt still proves.
CREATE OR REPLACE FUNCTION audit.lost_place(of_leaf_hash bytea) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT min(e.seq) FROM audit.log l
      JOIN audit.recovery r ON r.log_id IN (SELECT p.log_id FROM audit.line_of(l.tenant_id) AS p) AND r.lost > 0
      JOIN audit.entry e ON e.tenant_id = l.tenant_id AND e.seq >= r.from_size AND e.seq < r.size
     WHERE l.tenant_id = rf.tenant() AND e.leaf_hash = of_leaf_hash
       AND NOT EXISTS (SELECT FROM audit.body b WHERE b.tenant_id = e.tenant_id AND b.seq = e.seq)
$$;

ALTER FUNCTION audit.refuse_but_resumption() OWNER TO {audit_owner};
ALTER FUNCTION audit.refuse_but_recovery() OWNER TO {audit_owner};
ALTER FUNCTION audit.refill(uuid, bigint, bytea[], smallint[], bigint[], bytea[], bytea, bytea, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.note_recovery(uuid, bigint, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.resume_log(uuid, uuid, timestamptz, bytea, bytea, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.waiting_recovery() OWNER TO {audit_owner};
ALTER FUNCTION audit.lost_place(bytea) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.refuse_but_resumption(), audit.refuse_but_recovery(),
    audit.refill(uuid, bigint, bytea[], smallint[], bigint[], bytea[], bytea, bytea, bytea),
    audit.note_recovery(uuid, bigint, bytea),
    audit.resume_log(uuid, uuid, timestamptz, bytea, bytea, bytea),
    audit.waiting_recovery(), audit.lost_place(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.resume_log(uuid, uuid, timestamptz, bytea, bytea, bytea), audit.waiting_recovery()
    TO rf_worker;
GRANT EXECUTE ON FUNCTION audit.lost_place(bytea) TO rf_app, rf_worker;
