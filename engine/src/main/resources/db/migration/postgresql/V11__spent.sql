-- What tasks took that are gone: a bill does not get smaller because somebody tidies up. day: days since 1970, in UTC.
CREATE TABLE spent (
    owner         TEXT COLLATE "C" NOT NULL,
    day           BIGINT NOT NULL,
    waited_ms     BIGINT NOT NULL,
    worked_ms     BIGINT NOT NULL,
    asked_ms      BIGINT NOT NULL,
    input_tokens  BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost_micros   BIGINT NOT NULL,
    PRIMARY KEY (owner, day)
);

CREATE FUNCTION keep_what_was_spent() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO spent AS s
    SELECT owner, status_at / 86400000, sum(waited_ms), sum(worked_ms), sum(asked_ms), sum(input_tokens),
        sum(output_tokens), sum(cost_micros)
    FROM gone GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (owner, day) DO UPDATE SET waited_ms = s.waited_ms + excluded.waited_ms,
        worked_ms = s.worked_ms + excluded.worked_ms, asked_ms = s.asked_ms + excluded.asked_ms,
        input_tokens = s.input_tokens + excluded.input_tokens, output_tokens = s.output_tokens + excluded.output_tokens,
        cost_micros = s.cost_micros + excluded.cost_micros;
    RETURN NULL;
END
$$;
CREATE TRIGGER tasks_spent AFTER DELETE ON tasks
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_what_was_spent();
