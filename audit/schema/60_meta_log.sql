-- The meta-log: one log over all logs, whose leaves are their signed checkpoints, and the cosignatures of it. It is no
-- tenant's, stands under a reserved id like the work log, and holds origins with random ids and no names. Runs as
-- superuser; safe to repeat.
DO $$
DECLARE
    meta_log CONSTANT uuid := '00000000-0000-8000-8000-00006d657461';
    log_id uuid := gen_random_uuid();
BEGIN
    IF EXISTS (SELECT FROM audit.log WHERE tenant_id = meta_log) THEN
        RETURN;
    END IF;
    INSERT INTO audit.log (tenant_id, id, origin, inception)
        VALUES (meta_log, log_id, '{log_origin}/t/' || replace(log_id::text, '-', ''), log_id);
    INSERT INTO audit.head (tenant_id, size, root, frontier)
        VALUES (meta_log, 0, sha256(''::bytea), '\x0000000000000000'::bytea);
    INSERT INTO audit.edge (tenant_id, size, partials) VALUES (meta_log, 0, ''::bytea);
END
$$;

-- What witnesses said about the meta-log. Beside the note and not in it: a checkpoint holds no byte that no key of
-- ours covers. A witness cosigns the same tree again when nothing grows, so a size can have several lines of one key.
CREATE TABLE IF NOT EXISTS audit.cosignature (
    size bigint NOT NULL CHECK (size >= 0),
    witness text NOT NULL CHECK (witness ~ '^[^[:space:]+]+[+][0-9a-f]{8}$'),
    seconds bigint NOT NULL CHECK (seconds > 0),
    line text NOT NULL CHECK (octet_length(line) <= 8192 AND line LIKE U&'\2014 %' AND line LIKE E'%\n'),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (size, witness, seconds)
);
CREATE INDEX IF NOT EXISTS cosignature_by_witness ON audit.cosignature (witness, seconds DESC);
ALTER TABLE audit.cosignature OWNER TO {audit_owner};
REVOKE ALL ON audit.cosignature FROM PUBLIC;
CREATE OR REPLACE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.cosignature
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.cosignature ENABLE ALWAYS TRIGGER refuse_change, ENABLE ALWAYS TRIGGER refuse_truncate;
ALTER TABLE audit.cosignature ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS log_owner ON audit.cosignature;
CREATE POLICY log_owner ON audit.cosignature TO {audit_owner} USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS seen_by_keepers ON audit.cosignature;
CREATE POLICY seen_by_keepers ON audit.cosignature FOR SELECT TO rf_publisher, rf_signer, rf_checker USING (true);
GRANT SELECT ON audit.cosignature TO rf_publisher, rf_signer, rf_checker;

-- The publisher reads the meta-log's hashes and checkpoints, and no row of any other log.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['log', 'checkpoint', 'tile', 'edge'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS log_publisher ON audit.%I', t);
        EXECUTE format('CREATE POLICY log_publisher ON audit.%I FOR SELECT TO rf_publisher USING (true)', t);
        EXECUTE format('DROP POLICY IF EXISTS meta_log ON audit.%I', t);
        EXECUTE format('CREATE POLICY meta_log ON audit.%I AS RESTRICTIVE FOR SELECT TO rf_publisher'
                       ' USING (tenant_id = ''00000000-0000-8000-8000-00006d657461''::uuid)', t);
    END LOOP;
END
$$;
GRANT USAGE ON SCHEMA audit TO rf_publisher;
GRANT SELECT (tenant_id, vkey, state, after_size, opened_at) ON audit.log TO rf_publisher;
GRANT SELECT ON audit.checkpoint, audit.tile, audit.edge, audit.heartbeat TO rf_publisher;
GRANT INSERT, UPDATE ON audit.heartbeat TO rf_publisher;

-- Takes the newest checkpoint of each log that has grown into the meta-log, at most once in `pace`. The sequencer
-- gives them their places as it does with every event. Their order says nothing about whose they are.
CREATE OR REPLACE FUNCTION audit.fill_meta_log(pace interval) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    meta_log CONSTANT uuid := '00000000-0000-8000-8000-00006d657461';
    least_pace CONSTANT interval := '1 second';
    now_at timestamptz := date_trunc('milliseconds', clock_timestamp());
    grown_at timestamptz;
    taken bigint;
BEGIN
    -- "rf_meta"; of two publishers one goes on, and the other one comes back.
    IF NOT pg_try_advisory_xact_lock(32200707388306529) OR EXISTS (SELECT FROM audit.pending WHERE tenant_id = meta_log) THEN
        RETURN 0;
    END IF;
    SELECT h.at INTO grown_at FROM audit.head h WHERE h.tenant_id = meta_log AND h.size > 0 ORDER BY h.size DESC LIMIT 1;
    -- A clock that went back must not stop the meta-log until it has caught up.
    IF now_at - grown_at BETWEEN interval '0' AND greatest(pace, least_pace) THEN
        RETURN 0;
    END IF;
    INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf)
    SELECT meta_log, gen_random_uuid(), 'log.checkpointed', meta_log, 'log', l.id, now_at, c.note
      FROM audit.log l
     CROSS JOIN LATERAL (
           SELECT size, note FROM audit.checkpoint WHERE tenant_id = l.tenant_id AND size > l.after_size
            ORDER BY size DESC LIMIT 1) AS c
      LEFT JOIN LATERAL (
           SELECT e.leaf FROM audit.body b JOIN audit.entry e USING (tenant_id, seq)
            WHERE b.tenant_id = meta_log AND b.object_id = l.id ORDER BY b.seq DESC LIMIT 1) AS known ON true
     WHERE l.tenant_id <> meta_log AND c.size > 0
       AND (known.leaf IS NULL OR c.size > split_part(convert_from(known.leaf, 'UTF8'), E'\n', 2)::bigint)
       -- A stored checkpoint that was damaged, or excludes what the meta-log has, is the trouble of its own log.
       AND CASE WHEN known.leaf IS NULL THEN audit.is_checkpoint(c.note)
                ELSE audit.note_extends(l.tenant_id, known.leaf, c.note) END
     ORDER BY random();
    GET DIAGNOSTICS taken = ROW_COUNT;
    RETURN taken;
END
$$;

-- The logs whose newest checkpoint is kept out: it does not extend the one that the meta-log has. A frozen log tells of
-- itself.
CREATE OR REPLACE FUNCTION audit.kept_out() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.origin FROM audit.log l
     CROSS JOIN LATERAL (
           SELECT note FROM audit.checkpoint WHERE tenant_id = l.tenant_id AND size > l.after_size
            ORDER BY size DESC LIMIT 1) AS c
     CROSS JOIN LATERAL (
           SELECT e.leaf FROM audit.body b JOIN audit.entry e USING (tenant_id, seq)
            WHERE b.tenant_id = '00000000-0000-8000-8000-00006d657461' AND b.object_id = l.id
            ORDER BY b.seq DESC LIMIT 1) AS known
     WHERE l.state = 'active' AND c.note <> known.leaf AND NOT audit.note_extends(l.tenant_id, known.leaf, c.note)
     ORDER BY l.origin
$$;

-- Keeps one line that the publisher has verified. The same line twice is one row.
CREATE OR REPLACE FUNCTION audit.add_cosignature(of_size bigint, of_witness text, stated bigint, signed_line text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    meta_log CONSTANT uuid := '00000000-0000-8000-8000-00006d657461';
BEGIN
    IF NOT EXISTS (SELECT FROM audit.checkpoint c JOIN audit.log l USING (tenant_id)
                    WHERE c.tenant_id = meta_log AND c.size = of_size AND c.size > l.after_size) THEN
        RAISE EXCEPTION 'the meta-log has no checkpoint of this size' USING ERRCODE = 'RFA16';
    END IF;
    INSERT INTO audit.cosignature (size, witness, seconds, line) VALUES (of_size, of_witness, stated, signed_line)
        ON CONFLICT DO NOTHING;
END
$$;

ALTER FUNCTION audit.fill_meta_log(interval) OWNER TO {audit_owner};
ALTER FUNCTION audit.add_cosignature(bigint, text, bigint, text) OWNER TO {audit_owner};
ALTER FUNCTION audit.kept_out() OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.fill_meta_log(interval), audit.kept_out(), audit.add_cosignature(bigint, text, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.fill_meta_log(interval), audit.kept_out(), audit.add_cosignature(bigint, text, bigint, text)
    TO rf_publisher;

-- How many of the operator's witnesses this log's owner wants; null for as many as the operator's policy wants.
ALTER TABLE audit.log ADD COLUMN IF NOT EXISTS witnesses_wanted smallint
    CONSTRAINT log_wants_at_least_one_witness CHECK (witnesses_wanted >= 1);
CREATE OR REPLACE FUNCTION audit.want_witnesses(wanted smallint) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE audit.log SET witnesses_wanted = wanted WHERE tenant_id = rf.tenant()
$$;

-- What a service may know of the meta-log: its key, the hashes of its tiles, what witnesses said last, and of leaves
-- none but those of the acting tenant's own log.
CREATE OR REPLACE FUNCTION audit.meta_key() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT vkey FROM audit.log WHERE tenant_id = '00000000-0000-8000-8000-00006d657461'
$$;
CREATE OR REPLACE FUNCTION audit.meta_edge() RETURNS TABLE (size bigint, partials bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT e.size, e.partials FROM audit.edge e WHERE e.tenant_id = '00000000-0000-8000-8000-00006d657461'
$$;
CREATE OR REPLACE FUNCTION audit.meta_tile(of_level smallint, of_idx bigint) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.hashes FROM audit.tile t
     WHERE t.tenant_id = '00000000-0000-8000-8000-00006d657461' AND t.level = of_level AND t.idx = of_idx
$$;
CREATE OR REPLACE FUNCTION audit.witness_news(of_witnesses text[]) RETURNS TABLE (witness text, seconds bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.name, c.seconds FROM unnest(of_witnesses) AS w(name)
     CROSS JOIN LATERAL (
           SELECT s.seconds FROM audit.cosignature s WHERE s.witness = w.name ORDER BY s.seconds DESC LIMIT 1) AS c
$$;
-- The newest checkpoint of the acting tenant's log in the newest tree of the meta-log that enough witnesses cosigned.
CREATE OR REPLACE FUNCTION audit.witnessed(of_witnesses text[], wanted integer)
RETURNS TABLE (place bigint, leaf bytea, meta_size bigint, meta_note bytea, lines text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH ours AS MATERIALIZED (
        SELECT l.id FROM audit.log l WHERE l.tenant_id = rf.tenant() AND rf.admitted()
    ), meta AS MATERIALIZED (
        -- What was said of a meta-log that this one succeeds is under another key.
        SELECT l.after_size, l.opened_at FROM audit.log l WHERE l.tenant_id = '00000000-0000-8000-8000-00006d657461'
    ), tree AS MATERIALIZED (
        -- Two days of two witnesses that speak each second are looked through, and not all that was ever said.
        SELECT s.size FROM (
               SELECT c.size, c.witness FROM audit.cosignature c CROSS JOIN meta
                WHERE c.witness = ANY (of_witnesses) AND c.size > meta.after_size AND c.at >= meta.opened_at
                ORDER BY c.size DESC LIMIT 350000) AS s
         GROUP BY s.size HAVING count(DISTINCT s.witness) >= wanted ORDER BY s.size DESC LIMIT 1
    )
    SELECT e.seq, e.leaf, tree.size, k.note, ARRAY(
               SELECT DISTINCT ON (c.witness) c.line FROM audit.cosignature c
                WHERE c.size = tree.size AND c.witness = ANY (of_witnesses) AND c.at >= meta.opened_at
                ORDER BY c.witness, c.seconds DESC)
      FROM ours CROSS JOIN meta CROSS JOIN tree
     CROSS JOIN LATERAL (
           SELECT b.seq FROM audit.body b
            WHERE b.tenant_id = '00000000-0000-8000-8000-00006d657461' AND b.object_id = ours.id AND b.seq < tree.size
            ORDER BY b.seq DESC LIMIT 1) AS newest
      JOIN audit.entry e ON e.tenant_id = '00000000-0000-8000-8000-00006d657461' AND e.seq = newest.seq
      JOIN audit.checkpoint k ON k.tenant_id = '00000000-0000-8000-8000-00006d657461' AND k.size = tree.size
$$;

-- Which witnesses spoke in which stretch of time, counted from `since`.
CREATE OR REPLACE FUNCTION audit.witness_day(of_witnesses text[], since bigint, step integer)
RETURNS TABLE (place integer, witness text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT ((c.seconds - since) / step)::integer, c.witness FROM audit.cosignature c
     WHERE c.witness = ANY (of_witnesses) AND c.seconds >= since
$$;

ALTER FUNCTION audit.witness_day(text[], bigint, integer) OWNER TO {audit_owner};
ALTER FUNCTION audit.want_witnesses(smallint) OWNER TO {audit_owner};
ALTER FUNCTION audit.meta_key() OWNER TO {audit_owner};
ALTER FUNCTION audit.meta_edge() OWNER TO {audit_owner};
ALTER FUNCTION audit.meta_tile(smallint, bigint) OWNER TO {audit_owner};
ALTER FUNCTION audit.witness_news(text[]) OWNER TO {audit_owner};
ALTER FUNCTION audit.witnessed(text[], integer) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.want_witnesses(smallint), audit.meta_key(), audit.meta_edge(),
    audit.meta_tile(smallint, bigint), audit.witness_news(text[]), audit.witnessed(text[], integer),
    audit.witness_day(text[], bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.want_witnesses(smallint), audit.meta_key(), audit.meta_edge(),
    audit.meta_tile(smallint, bigint), audit.witness_news(text[]), audit.witnessed(text[], integer),
    audit.witness_day(text[], bigint, integer) TO rf_app, rf_worker;
