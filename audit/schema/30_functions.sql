-- The only ways in which the log's tables change after pending. Runs as superuser; safe to repeat.
CREATE OR REPLACE FUNCTION audit.open_log(log_id uuid, log_origin text, inception_event uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_tenant uuid := rf.tenant();
BEGIN
    INSERT INTO audit.log (tenant_id, id, origin, inception) VALUES (of_tenant, log_id, log_origin, inception_event);
    INSERT INTO audit.head (tenant_id, size, root, frontier)
        VALUES (of_tenant, 0, sha256(''::bytea), '\x0000000000000000'::bytea);
    INSERT INTO audit.edge (tenant_id, size, partials) VALUES (of_tenant, 0, ''::bytea);
END
$$;

-- Adds one entry to the work log, which is no tenant's: the one way in, for whoever acts under a signed
-- context. It takes commitments and a time, and nothing that tells from whom they came.
CREATE OR REPLACE FUNCTION audit.add_work(entry_id uuid, entry_at timestamptz, entry_leaf bytea) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    work_log CONSTANT uuid := '00000000-0000-8000-8000-776f726b6c6f';
BEGIN
    PERFORM rf.tenant();
    INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, at, leaf)
        VALUES (work_log, entry_id, 'work.receipted', work_log, 'work', entry_at, entry_leaf);
    RETURN entry_id;
END
$$;

-- Moves pending events to the end of the log. The caller names them by place and hash and brings the new
-- tiles and head; it can neither invent an event nor change one. Everything happens, or nothing.
CREATE OR REPLACE FUNCTION audit.append(
    of_tenant uuid, expected_size bigint, places bigint[], hashes bytea[],
    tile_levels smallint[], tile_indexes bigint[], tiles bytea[],
    new_root bytea, new_frontier bytea, new_partials bytea
) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- A backlog comes faster than statistics do: whatever those say, only the rows that are named are read.
SET enable_nestloop = off AS $$
DECLARE
    added bigint := coalesce(cardinality(places), 0);
    new_size bigint := expected_size + added;
    last_size bigint;
    last_root bytea;
    moved bigint;
    full_tiles bigint := 0;
    width bigint := 256;
BEGIN
    -- One appender at a time: the log's row is the lock, and the head is read after it is held. It saves a
    -- doomed attempt; the wall is the primary keys of entry and head.
    PERFORM FROM audit.log l WHERE l.tenant_id = of_tenant AND l.state = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the log is not active' USING ERRCODE = 'RFA01';
    END IF;
    SELECT h.size, h.root INTO last_size, last_root
      FROM audit.head h WHERE h.tenant_id = of_tenant ORDER BY h.size DESC LIMIT 1;
    IF last_size IS DISTINCT FROM expected_size THEN
        RAISE EXCEPTION 'the log has % events, not %', last_size, expected_size USING ERRCODE = 'RFA02';
    END IF;
    IF added = 0 OR cardinality(hashes) IS DISTINCT FROM added::integer THEN
        RAISE EXCEPTION 'one hash for each event, and at least one event' USING ERRCODE = 'RFA03';
    END IF;
    IF (SELECT count(DISTINCT w.n) FROM unnest(places) AS w(n)) <> added THEN
        RAISE EXCEPTION 'an event is named twice' USING ERRCODE = 'RFA04';
    END IF;
    -- An independent computation of each leaf hash, from the bytes that will stand in the log. The rows are found by
    -- their places and by nothing else: the tenant is compared so that no index of it serves.
    WITH taken AS (
        DELETE FROM audit.pending p WHERE p.n = ANY (places) AND p.tenant_id IS NOT DISTINCT FROM of_tenant
        RETURNING p.n, p.id, p.verb, p.actor_id, p.object_kind, p.object_id, p.at, p.leaf, p.core, p.pii,
                  sha256('\x00'::bytea || p.leaf) AS leaf_hash
    ), placed AS (
        SELECT w.place, t.* FROM unnest(places, hashes) WITH ORDINALITY AS w(n, leaf_hash, place)
          JOIN taken t ON t.n = w.n AND t.leaf_hash = w.leaf_hash
    ), entered AS (
        INSERT INTO audit.entry (tenant_id, seq, leaf, leaf_hash)
        SELECT of_tenant, expected_size + t.place - 1, t.leaf, t.leaf_hash FROM placed t ORDER BY t.place
    )
    INSERT INTO audit.body (tenant_id, seq, id, verb, actor_id, object_kind, object_id, at, core, pii)
    SELECT of_tenant, expected_size + t.place - 1, t.id, t.verb, t.actor_id, t.object_kind, t.object_id, t.at, t.core, t.pii
      FROM placed t ORDER BY t.place;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> added THEN
        RAISE EXCEPTION '% of % events are not pending with these hashes', added - moved, added USING ERRCODE = 'RFA04';
    END IF;
    WHILE width <= new_size LOOP
        full_tiles := full_tiles + new_size / width - expected_size / width;
        EXIT WHEN width > 9223372036854775807 / 256;
        width := width * 256;
    END LOOP;
    IF coalesce(cardinality(tiles), 0) <> full_tiles THEN
        RAISE EXCEPTION 'this batch fills % tiles', full_tiles USING ERRCODE = 'RFA05';
    END IF;
    INSERT INTO audit.tile (tenant_id, level, idx, hashes)
    SELECT of_tenant, t.level, t.idx, t.hashes FROM unnest(tile_levels, tile_indexes, tiles) AS t(level, idx, hashes);
    IF new_root = last_root OR substring(new_frontier FROM 1 FOR 8) <> int8send(new_size) THEN
        RAISE EXCEPTION 'this is not the head of % events', new_size USING ERRCODE = 'RFA06';
    END IF;
    INSERT INTO audit.head (tenant_id, size, root, frontier) VALUES (of_tenant, new_size, new_root, new_frontier);
    UPDATE audit.edge SET size = new_size, partials = new_partials WHERE tenant_id = of_tenant;
    RETURN new_size;
END
$$;

-- The signer's three acts. It holds the keys; these keep it from rewriting what it said before.
CREATE OR REPLACE FUNCTION audit.publish_key(of_tenant uuid, new_vkey text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE audit.log SET vkey = new_vkey
     WHERE tenant_id = of_tenant AND state = 'active' AND (vkey IS NULL OR vkey = new_vkey);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the log has another key, or is not active' USING ERRCODE = 'RFA07';
    END IF;
END
$$;
CREATE OR REPLACE FUNCTION audit.add_checkpoint(of_tenant uuid, of_size bigint, signed_note bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stated text;
    there bytea;
    last_size bigint;
    last_note bytea;
    last_root bytea;
    new_root bytea;
BEGIN
    -- The row is the lock: of two that exclude each other the second one finds the first.
    PERFORM FROM audit.log l WHERE l.tenant_id = of_tenant FOR NO KEY UPDATE;
    SELECT l.origin || E'\n' || h.size || E'\n' || encode(h.root, 'base64') || E'\n\n' INTO stated
      FROM audit.log l JOIN audit.head h USING (tenant_id)
     WHERE l.tenant_id = of_tenant AND h.size = of_size AND l.state = 'active' AND l.vkey IS NOT NULL;
    IF stated IS NULL OR substring(signed_note FROM 1 FOR octet_length(stated)) <> convert_to(stated, 'UTF8') THEN
        RAISE EXCEPTION 'the note is not about a head of this log' USING ERRCODE = 'RFA08';
    END IF;
    -- One wall for all pairs: each older one is a beginning of the newest. Those up to after_size are another log's. A note that was damaged until it is no
    -- checkpoint says nothing; then the head says what was signed.
    SELECT c.size, c.note, h.root INTO last_size, last_note, last_root
      FROM audit.checkpoint c JOIN audit.log l USING (tenant_id) LEFT JOIN audit.head h USING (tenant_id, size)
     WHERE c.tenant_id = of_tenant AND c.size > l.after_size ORDER BY c.size DESC LIMIT 1;
    IF FOUND AND last_size <> of_size THEN
        SELECT h.root INTO new_root FROM audit.head h WHERE h.tenant_id = of_tenant AND h.size = of_size;
        IF audit.is_checkpoint(last_note) THEN
            last_size := split_part(convert_from(last_note, 'UTF8'), E'\n', 2)::bigint;
            last_root := decode(split_part(convert_from(last_note, 'UTF8'), E'\n', 3), 'base64');
        END IF;
        IF NOT audit.extends(of_tenant, least(last_size, of_size), (CASE WHEN last_size < of_size THEN last_root ELSE new_root END),
                             greatest(last_size, of_size), (CASE WHEN last_size < of_size THEN new_root ELSE last_root END)) THEN
            RAISE EXCEPTION 'by the stored tiles, the checkpoints of % and % events exclude each other', last_size, of_size
                USING ERRCODE = 'RFA22';
        END IF;
    END IF;
    INSERT INTO audit.checkpoint (tenant_id, size, note) VALUES (of_tenant, of_size, signed_note)
        ON CONFLICT (tenant_id, size) DO NOTHING;
    SELECT c.note INTO there FROM audit.checkpoint c WHERE c.tenant_id = of_tenant AND c.size = of_size;
    IF there <> signed_note THEN
        RAISE EXCEPTION 'this size has another checkpoint' USING ERRCODE = 'RFA09';
    END IF;
END
$$;
CREATE OR REPLACE FUNCTION audit.freeze_log(of_tenant uuid, why text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE audit.log SET state = 'frozen', frozen_why = left(why, 1000)
     WHERE tenant_id = of_tenant AND state = 'active'
$$;

ALTER FUNCTION audit.open_log(uuid, text, uuid) OWNER TO {audit_owner};
ALTER FUNCTION audit.add_work(uuid, timestamptz, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.append(uuid, bigint, bigint[], bytea[], smallint[], bigint[], bytea[], bytea, bytea, bytea)
    OWNER TO {audit_owner};
ALTER FUNCTION audit.publish_key(uuid, text) OWNER TO {audit_owner};
ALTER FUNCTION audit.add_checkpoint(uuid, bigint, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.freeze_log(uuid, text) OWNER TO {audit_owner};
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.open_log(uuid, text, uuid), audit.add_work(uuid, timestamptz, bytea)
    TO rf_app, rf_worker;
GRANT EXECUTE ON FUNCTION audit.append(uuid, bigint, bigint[], bytea[], smallint[], bigint[], bytea[], bytea, bytea, bytea)
    TO rf_sequencer;
GRANT EXECUTE ON FUNCTION audit.publish_key(uuid, text), audit.add_checkpoint(uuid, bigint, bytea),
    audit.freeze_log(uuid, text) TO rf_signer;
