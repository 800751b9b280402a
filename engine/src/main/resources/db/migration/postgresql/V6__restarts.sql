-- A crash of PostgreSQL may take what was committed without waiting for the disk: streamed chunks, of tasks that can run or
-- are worked on. Readers have seen them, so no offset of theirs may be given again. Whoever opens a connection to write asks
-- first whether the server was started anew since, and then lets those contexts go on far behind their last offset.
CREATE TABLE restarts (
    only_row   BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row),
    started_at TIMESTAMPTZ NOT NULL
);
INSERT INTO restarts (started_at) VALUES (pg_postmaster_start_time());

-- Gives when the server was started. 1,000,000: more events than are committed in the 0.6 s that a crash can take.
CREATE FUNCTION skip_after_restart() RETURNS TIMESTAMPTZ LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM restarts WHERE started_at = pg_postmaster_start_time();
    IF NOT FOUND THEN
        -- Whoever comes second waits here, and finds that it is done.
        UPDATE restarts SET started_at = pg_postmaster_start_time() WHERE started_at <> pg_postmaster_start_time();
        IF FOUND THEN
            UPDATE contexts SET last_offset = last_offset + 1000000, version = version + 1000000
                WHERE id IN (SELECT context_id FROM tasks WHERE state = 1
                             UNION SELECT context_id FROM tasks WHERE state = 2);
        END IF;
    END IF;
    RETURN pg_postmaster_start_time();
END
$$;
