-- What tasks took that are gone: a bill does not get smaller because somebody tidies up. day: days since 1970, in UTC.
CREATE TABLE spent (
    owner         TEXT    NOT NULL,
    day           INTEGER NOT NULL,
    waited_ms     INTEGER NOT NULL,
    worked_ms     INTEGER NOT NULL,
    asked_ms      INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_micros   INTEGER NOT NULL,
    PRIMARY KEY (owner, day)
) WITHOUT ROWID;

CREATE TRIGGER tasks_spent AFTER DELETE ON tasks BEGIN
    INSERT INTO spent VALUES (old.owner, old.status_at / 86400000, old.waited_ms, old.worked_ms, old.asked_ms,
                              old.input_tokens, old.output_tokens, old.cost_micros)
        ON CONFLICT (owner, day) DO UPDATE SET waited_ms = waited_ms + excluded.waited_ms,
            worked_ms = worked_ms + excluded.worked_ms, asked_ms = asked_ms + excluded.asked_ms,
            input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
            cost_micros = cost_micros + excluded.cost_micros;
END;
