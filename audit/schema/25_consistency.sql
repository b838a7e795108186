-- Whether one checkpoint of a log extends another, by the stored tiles. Runs as superuser; safe to repeat.
-- STABLE: one statement's snapshot holds tile and edge together, while the sequencer goes on. Called by the functions
-- that take checkpoints, under their owner; by nobody else.

-- The hash of 2^of_level leaves from of_index * 2^of_level on; null where the tiles do not have it.
CREATE OR REPLACE FUNCTION audit.stored_node(of_tenant uuid, of_level integer, of_index bigint) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tile_level integer := of_level / 8;
    width integer := 1 << (of_level % 8);
    first_hash bigint := of_index << (of_level % 8);
    place integer := first_hash & 255;
    row_of_hashes bytea;
    folded bytea;
    edge_size bigint;
BEGIN
    SELECT substring(t.hashes FROM place * 32 + 1 FOR width * 32) INTO row_of_hashes FROM audit.tile t
     WHERE t.tenant_id = of_tenant AND t.level = tile_level AND t.idx = first_hash >> 8;
    IF NOT FOUND THEN
        SELECT e.size, e.partials INTO edge_size, row_of_hashes FROM audit.edge e WHERE e.tenant_id = of_tenant;
        IF NOT FOUND OR first_hash + width > edge_size >> (8 * tile_level)
           OR first_hash >> 8 <> edge_size >> (8 * tile_level) >> 8 THEN
            RETURN NULL;
        END IF;
        FOR lower_level IN 0 .. tile_level - 1 LOOP
            place := place + ((edge_size >> (8 * lower_level)) & 255);
        END LOOP;
        row_of_hashes := substring(row_of_hashes FROM place * 32 + 1 FOR width * 32);
    END IF;
    IF octet_length(row_of_hashes) <> width * 32 THEN
        RETURN NULL;
    END IF;
    WHILE width > 1 LOOP
        width := width / 2;
        folded := ''::bytea;
        FOR pair IN 0 .. width - 1 LOOP
            folded := folded || sha256('\x01'::bytea || substring(row_of_hashes FROM pair * 64 + 1 FOR 64));
        END LOOP;
        row_of_hashes := folded;
    END LOOP;
    RETURN row_of_hashes;
END
$$;

-- MTH of RFC 6962 section 2.1 over the leaves from start_at to before end_at, start_at as the splits of a tree give it.
CREATE OR REPLACE FUNCTION audit.stored_range(of_tenant uuid, start_at bigint, end_at bigint) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    node_level integer := 0;
BEGIN
    WHILE (2::bigint << node_level) <= end_at - start_at LOOP
        node_level := node_level + 1;
    END LOOP;
    IF 1::bigint << node_level = end_at - start_at THEN
        RETURN audit.stored_node(of_tenant, node_level, start_at >> node_level);
    END IF;
    RETURN sha256('\x01'::bytea || audit.stored_node(of_tenant, node_level, start_at >> node_level)
                  || audit.stored_range(of_tenant, start_at + (1::bigint << node_level), end_at));
END
$$;

-- Proof and check of RFC 9162 section 2.1.4 in one: both roots, from the same nodes. False where a tile is missing.
CREATE OR REPLACE FUNCTION audit.extends(
    of_tenant uuid, old_size bigint, old_root bytea, new_size bigint, new_root bytea
) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    start_at bigint := 0;
    end_at bigint := new_size;
    middle bigint;
    beside bytea[] := ARRAY[]::bytea[];
    is_right boolean[] := ARRAY[]::boolean[];
    old_node bytea;
    new_node bytea;
BEGIN
    IF old_size < 0 OR old_size > new_size THEN
        RETURN false;
    ELSIF old_size = new_size THEN
        RETURN coalesce(old_root = new_root, false);
    ELSIF old_size = 0 THEN
        RETURN coalesce(old_root = sha256(''::bytea) AND new_root = audit.stored_range(of_tenant, 0, new_size), false);
    END IF;
    WHILE old_size <> end_at LOOP
        middle := 1;
        WHILE middle * 2 < end_at - start_at LOOP
            middle := middle * 2;
        END LOOP;
        middle := start_at + middle;
        IF old_size <= middle THEN
            beside := beside || audit.stored_range(of_tenant, middle, end_at);
            is_right := is_right || true;
            end_at := middle;
        ELSE
            beside := beside || audit.stored_range(of_tenant, start_at, middle);
            is_right := is_right || false;
            start_at := middle;
        END IF;
    END LOOP;
    old_node := audit.stored_range(of_tenant, start_at, end_at);
    new_node := old_node;
    FOR step IN REVERSE cardinality(beside) .. 1 LOOP
        IF is_right[step] THEN
            new_node := sha256('\x01'::bytea || new_node || beside[step]);
        ELSE
            old_node := sha256('\x01'::bytea || beside[step] || old_node);
            new_node := sha256('\x01'::bytea || beside[step] || new_node);
        END IF;
    END LOOP;
    RETURN coalesce(old_node = old_root AND new_node = new_root, false);
END
$$;

-- The same of two notes; false where one of them is no checkpoint.
CREATE OR REPLACE FUNCTION audit.note_extends(of_tenant uuid, old_note bytea, new_note bytea) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old_lines text[];
    new_lines text[];
BEGIN
    IF NOT coalesce(audit.is_checkpoint(old_note) AND audit.is_checkpoint(new_note), false) THEN
        RETURN false;
    END IF;
    old_lines := string_to_array(convert_from(old_note, 'UTF8'), E'\n');
    new_lines := string_to_array(convert_from(new_note, 'UTF8'), E'\n');
    RETURN old_lines[1] = new_lines[1] AND audit.extends(
        of_tenant, old_lines[2]::bigint, decode(old_lines[3], 'base64'), new_lines[2]::bigint, decode(new_lines[3], 'base64'));
END
$$;

ALTER FUNCTION audit.stored_node(uuid, integer, bigint) OWNER TO {audit_owner};
ALTER FUNCTION audit.stored_range(uuid, bigint, bigint) OWNER TO {audit_owner};
ALTER FUNCTION audit.extends(uuid, bigint, bytea, bigint, bytea) OWNER TO {audit_owner};
ALTER FUNCTION audit.note_extends(uuid, bytea, bytea) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.stored_node(uuid, integer, bigint), audit.stored_range(uuid, bigint, bigint),
    audit.extends(uuid, bigint, bytea, bigint, bytea), audit.note_extends(uuid, bytea, bytea) FROM PUBLIC;
