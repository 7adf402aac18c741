-- Who leads something that only one process may do at a time, such as carrying out directives.
CREATE TABLE lead (
    name TEXT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

-- One row an attempt to carry out a directive. An attempt that never ended was cut off.
CREATE TABLE directive_attempt (
    id BIGINT NOT NULL PRIMARY KEY,
    directive TEXT NOT NULL,
    digest TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT,
    content TEXT,
    UNIQUE (directive, attempt)
);
