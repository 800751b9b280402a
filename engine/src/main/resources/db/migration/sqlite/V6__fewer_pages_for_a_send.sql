-- A send waits for the disk, once for each page that it changes: each index of tasks is one of them.
-- Positions are offsets of events, which are unique; what is asked for in their order is one context's.
DROP INDEX tasks_by_position;
-- One index for what is open, by its state (who looks for work) and its context (who goes on with it).
-- SQLite uses it where a query says the same words: state IN (1, 2, 6, 8).
DROP INDEX tasks_open;
DROP INDEX tasks_to_run;
CREATE INDEX tasks_open ON tasks (state, context_id, place) WHERE state IN (1, 2, 6, 8);
-- Nothing is merged before it has ended.
DROP INDEX tasks_to_merge;
CREATE INDEX tasks_to_merge ON tasks (merged) WHERE merged = 0 AND state IN (3, 4, 5, 7);
