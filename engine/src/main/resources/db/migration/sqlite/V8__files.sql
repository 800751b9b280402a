-- Uploaded files; the bytes are elsewhere. Times are milliseconds since 1970. sha256: null while it arrives. touched_at: when
-- bytes came last. loose_since: since when nothing names it, null = something does, or nothing ever did. held_by: who writes.
CREATE TABLE files (
    id          TEXT PRIMARY KEY,
    owner       TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    media_type  TEXT    NOT NULL,
    size        INTEGER NOT NULL,
    sha256      TEXT,
    created_at  INTEGER NOT NULL,
    touched_at  INTEGER NOT NULL,
    loose_since INTEGER,
    removing    INTEGER NOT NULL DEFAULT 0,
    held_by     TEXT,
    held_until  INTEGER
) WITHOUT ROWID;
CREATE INDEX files_by_owner ON files (owner, created_at DESC, id DESC);
CREATE INDEX files_loose ON files (loose_since) WHERE loose_since IS NOT NULL;
CREATE INDEX files_removing ON files (removing) WHERE removing = 1;
CREATE INDEX files_unfinished ON files (touched_at) WHERE sha256 IS NULL;

-- Which contexts name which files anywhere in their events. Written with the event.
CREATE TABLE file_names (
    file_id    TEXT NOT NULL,
    context_id TEXT NOT NULL,
    PRIMARY KEY (file_id, context_id)
) WITHOUT ROWID;
CREATE INDEX file_names_by_context ON file_names (context_id);

-- With its owner's last context that named it, a file is let go of.
CREATE TRIGGER file_names_gone AFTER DELETE ON contexts BEGIN
    UPDATE files SET loose_since = CAST(unixepoch('subsec') * 1000 AS INTEGER)
        WHERE id IN (SELECT file_id FROM file_names WHERE context_id = old.id)
            AND owner = old.owner AND loose_since IS NULL
            AND NOT EXISTS (SELECT 1 FROM file_names n WHERE n.file_id = files.id AND n.context_id <> old.id);
    DELETE FROM file_names WHERE context_id = old.id;
END;

-- What is there already.
INSERT OR IGNORE INTO file_names (file_id, context_id)
WITH RECURSIVE tails (context_id, tail) AS (
    SELECT context_id, substr(text, instr(text, '/files/uploads/') + 15)
        FROM (SELECT context_id, CAST(json AS TEXT) AS text FROM events
              WHERE instr(json, CAST('/files/uploads/' AS BLOB)) > 0)
    UNION ALL
    SELECT context_id, substr(tail, instr(tail, '/files/uploads/') + 15) FROM tails
        WHERE instr(tail, '/files/uploads/') > 0
)
SELECT substr(tail, 1, 32), context_id FROM tails
    WHERE length(substr(tail, 1, 32)) = 32 AND substr(tail, 1, 32) NOT GLOB '*[^0-9a-f]*';
