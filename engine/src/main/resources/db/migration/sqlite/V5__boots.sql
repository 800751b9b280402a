-- A power cut may take what was committed without waiting for the disk: streamed chunks, of tasks that can run or are worked
-- on. Readers have seen them, so no offset of theirs may be given again. boot: the run of the machine that wrote last.
CREATE TABLE boots (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    boot     TEXT NOT NULL
);
