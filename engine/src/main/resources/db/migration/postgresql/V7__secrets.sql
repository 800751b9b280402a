-- What all servers on this database must have alike and nobody else may have, such as the key that they sign with.
CREATE TABLE secrets (
    name   TEXT COLLATE "C" PRIMARY KEY,
    secret TEXT NOT NULL
);
