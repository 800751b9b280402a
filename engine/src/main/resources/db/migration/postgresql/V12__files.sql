-- Uploaded files; the bytes are elsewhere. Times are milliseconds since 1970. sha256: null while it arrives. touched_at: when
-- bytes came last. loose_since: since when nothing names it, null = something does, or nothing ever did. held_by: who writes.
CREATE TABLE files (
    id          TEXT COLLATE "C" PRIMARY KEY,
    owner       TEXT COLLATE "C" NOT NULL,
    name        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    size        BIGINT NOT NULL,
    sha256      TEXT,
    created_at  BIGINT NOT NULL,
    touched_at  BIGINT NOT NULL,
    loose_since BIGINT,
    removing    SMALLINT NOT NULL DEFAULT 0,
    held_by     TEXT,
    held_until  BIGINT
);
CREATE INDEX files_by_owner ON files (owner, created_at DESC, id DESC);
CREATE INDEX files_loose ON files (loose_since) WHERE loose_since IS NOT NULL;
CREATE INDEX files_removing ON files (removing) WHERE removing = 1;
CREATE INDEX files_unfinished ON files (touched_at) WHERE sha256 IS NULL;

-- Which contexts name which files anywhere in their events. Written with the event.
CREATE TABLE file_names (
    file_id    TEXT COLLATE "C" NOT NULL,
    context_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (file_id, context_id)
);
CREATE INDEX file_names_by_context ON file_names (context_id);

CREATE FUNCTION files_in(json BYTEA) RETURNS SETOF TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT DISTINCT found[1] COLLATE "C"
        FROM regexp_matches(encode(json, 'escape'), '/files/uploads/([0-9a-f]{32})', 'g') AS found
$$;

-- A file that is loose is locked by who names it, so that nobody takes it meanwhile (SqlFileRegister.take).
CREATE FUNCTION name_files() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    named TEXT[];
BEGIN
    SELECT array_agg(id ORDER BY id) INTO named FROM files_in(NEW.json) AS id;
    IF named IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO file_names (file_id, context_id) SELECT id, NEW.context_id FROM unnest(named) AS id
        ON CONFLICT DO NOTHING;
    PERFORM 1 FROM files WHERE id = ANY (named) AND loose_since IS NOT NULL ORDER BY id FOR UPDATE;
    IF FOUND THEN
        UPDATE files SET loose_since = NULL WHERE id = ANY (named) AND loose_since IS NOT NULL AND removing = 0;
    END IF;
    RETURN NULL;
END
$$;
-- The condition is looked at in place: an event that names no file costs a search of its bytes and nothing else.
CREATE TRIGGER events_name_files AFTER INSERT ON events FOR EACH ROW
    WHEN (position('\x2f66696c65732f75706c6f6164732f'::bytea IN NEW.json) > 0)
    EXECUTE FUNCTION name_files();

-- With its owner's last context that named it, a file is let go of. The lock keeps two that delete the last two contexts
-- from each believing the other's to be still there.
CREATE FUNCTION let_go_of_files() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    named TEXT[];
BEGIN
    SELECT array_agg(DISTINCT n.file_id) INTO named FROM file_names n JOIN gone ON gone.id = n.context_id;
    IF named IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM files WHERE id = ANY (named) ORDER BY id FOR UPDATE;
    DELETE FROM file_names n USING gone WHERE n.context_id = gone.id;
    UPDATE files f SET loose_since = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
        WHERE f.id = ANY (named) AND f.owner IN (SELECT owner FROM gone) AND f.loose_since IS NULL
            AND NOT EXISTS (SELECT 1 FROM file_names n WHERE n.file_id = f.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER contexts_let_go_of_files AFTER DELETE ON contexts
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION let_go_of_files();

-- What is there already.
INSERT INTO file_names (file_id, context_id)
    SELECT DISTINCT id, e.context_id FROM events e, files_in(e.json) AS id
    WHERE position('\x2f66696c65732f75706c6f6164732f'::bytea IN e.json) > 0
ON CONFLICT DO NOTHING;
