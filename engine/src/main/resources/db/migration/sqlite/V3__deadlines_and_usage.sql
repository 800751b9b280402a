-- due_at: when a task fails if its user has not answered, 0 = it does not; the rest is what it took. See TaskRecord.
ALTER TABLE tasks ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN waited_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN worked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN asked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN input_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN output_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN cost_micros INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tasks_due ON tasks (due_at) WHERE due_at > 0;
