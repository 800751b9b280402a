-- A crash of one of PostgreSQL's processes (one that is killed because memory is short, say) takes what was not written as
-- a crash of the whole does, but the first process lives on, and pg_postmaster_start_time() with it. What PostgreSQL counts
-- is thrown away then, and pg_stat_bgwriter says since when it counts. Who resets that by hand has offsets skipped: no harm.
CREATE OR REPLACE FUNCTION skip_after_restart() RETURNS TIMESTAMPTZ LANGUAGE plpgsql AS $$
DECLARE
    started TIMESTAMPTZ;
BEGIN
    SELECT GREATEST(pg_postmaster_start_time(), stats_reset) INTO started FROM pg_stat_bgwriter;
    PERFORM 1 FROM restarts WHERE started_at = started;
    IF NOT FOUND THEN
        -- Whoever comes second waits here, and finds that it is done.
        UPDATE restarts SET started_at = started WHERE started_at <> started;
        IF FOUND THEN
            UPDATE contexts SET last_offset = last_offset + 1000000, version = version + 1000000
                WHERE id IN (SELECT context_id FROM tasks WHERE state = 1
                             UNION SELECT context_id FROM tasks WHERE state = 2);
        END IF;
    END IF;
    RETURN started;
END
$$;
