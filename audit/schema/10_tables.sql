-- The log's tables, in every database that holds tenant rows. Runs as superuser; safe to repeat.
-- An event goes pending -> entry and body -> head -> checkpoint. No foreign key leads in or out: the
-- record of what happened outlives the thing it happened to. entry and body can be partitioned by
-- hash of tenant_id later: every key starts with it.
CREATE SCHEMA IF NOT EXISTS audit AUTHORIZATION {audit_owner};
ALTER SCHEMA audit OWNER TO {audit_owner};
REVOKE ALL ON SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO rf_app, rf_worker, rf_checker, rf_sequencer, rf_signer;

-- A signed checkpoint: origin, size, root, an empty line, and one line by the log's key.
CREATE OR REPLACE FUNCTION audit.is_checkpoint(note bytea) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT octet_length(note) <= 4096 AND encode(note, 'escape') ~ (
        '^[a-z0-9.:-]+/t/[0-9a-f]{32}\n[1-9][0-9]{0,18}\n[A-Za-z0-9+/]{43}=\n\n'
        '\\342\\200\\224 [a-z0-9.:-]+/t/[0-9a-f]{32} [A-Za-z0-9+/]+={0,2}\n$')
$$;
ALTER FUNCTION audit.is_checkpoint(bytea) OWNER TO {audit_owner};
REVOKE ALL ON FUNCTION audit.is_checkpoint(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.is_checkpoint(bytea) TO rf_app, rf_worker;

-- Whatever passes here must be readable by every verifier later, for it can never be taken back. One
-- function and not six CHECKs: PostgreSQL reads and plans a CHECK's text anew for every statement, while a
-- function stays compiled. The leaf is rebuilt from its own parts, a tenth of the cost of matching it.
CREATE OR REPLACE FUNCTION audit.is_well_formed(
    of_tenant uuid, verb text, object_kind text, at timestamptz, leaf bytea, core bytea, pii bytea
) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    letters CONSTANT text := 'abcdefghijklmnopqrstuvwxyz_';
    written text := encode(leaf, 'escape');
    wrong text := CASE
        -- The work log and the meta-log, under reserved ids, hold leaves alone; whatever a tenant records has a body.
        WHEN (of_tenant IN ('00000000-0000-8000-8000-776f726b6c6f', '00000000-0000-8000-8000-00006d657461'))
             <> (core IS NULL AND pii IS NULL)
          OR (core IS NULL) <> (pii IS NULL) THEN 'a body is missing, or not wanted'
        WHEN substring(core FROM 1 FOR 4) <> '\x52463101'::bytea THEN 'core is not sealed'
        WHEN substring(pii FROM 1 FOR 4) <> '\x52463101'::bytea THEN 'pii is not sealed'
        WHEN octet_length(core) > 4500000 OR octet_length(pii) > 65536 THEN 'an event is too large'
        WHEN length(verb) > 80 OR translate(verb, letters, '') <> '.' OR verb LIKE '.%' OR verb LIKE '%.'
          OR length(object_kind) NOT BETWEEN 1 AND 40 OR translate(object_kind, letters, '') <> ''
            THEN 'words are not words'
        -- The meta-log's leaves are checkpoints.
        WHEN of_tenant = '00000000-0000-8000-8000-00006d657461'
            THEN CASE WHEN NOT audit.is_checkpoint(leaf) THEN 'the leaf is no checkpoint' END
        -- 32 bytes in base64 have 44 characters, of which the last alone is padding.
        WHEN octet_length(leaf) < 101 OR substring(written FROM 49 FOR 2) !~~ '_=' OR substring(written FROM 49 FOR 1) = '='
          OR substring(written FROM 100 FOR 2) !~~ '_=' OR substring(written FROM 100 FOR 1) = '='
          OR written <> '{"c":"' || encode(decode(substring(written FROM 7 FOR 44), 'base64'), 'base64')
                || '","p":"' || encode(decode(substring(written FROM 58 FOR 44), 'base64'), 'base64')
                || '","t":' || (extract(epoch FROM at) * 1000)::bigint || ',"v":1}'
            THEN 'the leaf is not canonical, or has another time'
        END;
BEGIN
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'not an event: %', wrong USING ERRCODE = '23514';
    END IF;
    RETURN true;
END
$$;

CREATE TABLE IF NOT EXISTS audit.log (
    tenant_id uuid PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    origin text NOT NULL UNIQUE,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    inception uuid NOT NULL,
    vkey text,
    state text NOT NULL DEFAULT 'active',
    frozen_why text,
    CONSTRAINT log_origin_names_only_its_id
        CHECK (origin ~ '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?/t/[0-9a-f]{32}$'
               AND right(origin, 32) = replace(id::text, '-', '')),
    CONSTRAINT log_key_is_named_after_its_log CHECK (starts_with(vkey, origin || '+')),
    CONSTRAINT log_state_is_known CHECK (state IN ('active', 'frozen', 'retired')),
    CONSTRAINT log_is_frozen_for_a_reason CHECK ((state = 'frozen') = (frozen_why IS NOT NULL))
);
-- A log signs heads larger than that alone: one that succeeds another has smaller ones, which its predecessor signed.
ALTER TABLE audit.log ADD COLUMN IF NOT EXISTS after_size bigint NOT NULL DEFAULT -1;

-- Written in the transaction of the change; n orders them for the sequencer and is shown to no tenant,
-- since its gaps would tell of other tenants' volume. leaf_hash is PostgreSQL's own computation.
CREATE TABLE IF NOT EXISTS audit.pending (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    verb text NOT NULL,
    actor_id uuid NOT NULL,
    object_kind text NOT NULL,
    object_id uuid,
    at timestamptz NOT NULL,
    leaf bytea NOT NULL,
    leaf_hash bytea NOT NULL GENERATED ALWAYS AS (sha256('\x00'::bytea || leaf)) STORED,
    core bytea,
    pii bytea,
    CONSTRAINT pending_event_is_new UNIQUE (tenant_id, id)
);
-- An install from before the work log has the older check; stated anew, it is the same everywhere.
ALTER TABLE audit.pending ALTER core DROP NOT NULL, ALTER pii DROP NOT NULL;
ALTER TABLE audit.pending DROP CONSTRAINT IF EXISTS pending_event_is_well_formed;
ALTER TABLE audit.pending ADD CONSTRAINT pending_event_is_well_formed
    CHECK (audit.is_well_formed(tenant_id, verb, object_kind, at, leaf, core, pii));
DROP FUNCTION IF EXISTS audit.is_well_formed(text, text, timestamptz, bytea, bytea, bytea);

CREATE TABLE IF NOT EXISTS audit.entry (
    tenant_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 0),
    leaf bytea NOT NULL,
    leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
    PRIMARY KEY (tenant_id, seq)
);
CREATE TABLE IF NOT EXISTS audit.body (
    tenant_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 0),
    id uuid NOT NULL,
    verb text NOT NULL,
    actor_id uuid NOT NULL,
    object_kind text NOT NULL,
    object_id uuid,
    at timestamptz NOT NULL,
    core bytea CHECK (substring(core FROM 1 FOR 4) = '\x52463101'::bytea),
    pii bytea CHECK (substring(pii FROM 1 FOR 4) = '\x52463101'::bytea),
    PRIMARY KEY (tenant_id, seq)
);
-- Not unique: a row that repeated an id would stop the sequencer for everybody. The first one counts.
CREATE INDEX IF NOT EXISTS body_by_id ON audit.body (tenant_id, id);
CREATE INDEX IF NOT EXISTS body_by_actor ON audit.body (tenant_id, actor_id, seq);
CREATE INDEX IF NOT EXISTS body_by_object ON audit.body (tenant_id, object_id, seq) WHERE object_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS body_by_verb ON audit.body (tenant_id, verb, seq);

-- Full tiles only (c2sp.org/tlog-tiles): 256 hashes.
CREATE TABLE IF NOT EXISTS audit.tile (
    tenant_id uuid NOT NULL,
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 63),
    idx bigint NOT NULL CHECK (idx >= 0),
    hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
    PRIMARY KEY (tenant_id, level, idx)
);
-- The primary key is the first wall against a fork: the database cannot hold two roots of one size.
CREATE TABLE IF NOT EXISTS audit.head (
    tenant_id uuid NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    frontier bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, size)
);
CREATE INDEX IF NOT EXISTS head_by_time ON audit.head (tenant_id, at);
-- The partial tiles of the newest head alone: a cache that append() replaces. A partial tile only
-- grows until it is full, so it serves every older size as well, and it can be rebuilt from entry.
CREATE TABLE IF NOT EXISTS audit.edge (
    tenant_id uuid PRIMARY KEY,
    size bigint NOT NULL CHECK (size >= 0),
    partials bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS audit.checkpoint (
    tenant_id uuid NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    note bytea NOT NULL CHECK (octet_length(note) <= 1000000),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, size)
);
CREATE INDEX IF NOT EXISTS checkpoint_by_time ON audit.checkpoint (tenant_id, at);
-- One row for each process of the log, written once a second. No row of a tenant.
CREATE TABLE IF NOT EXISTS audit.heartbeat (
    process text PRIMARY KEY,
    at timestamptz NOT NULL,
    trouble text NOT NULL DEFAULT ''
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['log', 'pending', 'entry', 'body', 'tile', 'head', 'edge', 'checkpoint', 'heartbeat'] LOOP
        EXECUTE format('ALTER TABLE audit.%I OWNER TO {audit_owner}', t);
        EXECUTE format('REVOKE ALL ON audit.%I FROM PUBLIC', t);
    END LOOP;
END
$$;
-- Ciphertexts and hashes do not compress; EXTERNAL keeps PostgreSQL from trying.
ALTER TABLE audit.pending ALTER core SET STORAGE EXTERNAL, ALTER pii SET STORAGE EXTERNAL, ALTER leaf SET STORAGE EXTERNAL;
ALTER TABLE audit.body ALTER core SET STORAGE EXTERNAL, ALTER pii SET STORAGE EXTERNAL;
ALTER TABLE audit.entry ALTER leaf SET STORAGE EXTERNAL;
ALTER TABLE audit.tile ALTER hashes SET STORAGE EXTERNAL;
ALTER TABLE audit.edge ALTER partials SET STORAGE EXTERNAL;
