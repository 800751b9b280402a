-- Signed links that were taken back before their time. until: seconds since 1970, when they would have ended anyway.
CREATE TABLE revocations (
    signature TEXT COLLATE "C" PRIMARY KEY,
    until     BIGINT NOT NULL
);

CREATE INDEX revocations_over ON revocations (until);
