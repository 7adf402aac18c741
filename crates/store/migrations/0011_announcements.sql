-- Who is told of what happens, as the settings named it when a command last opened the store.
CREATE TABLE receiver (
    name TEXT NOT NULL PRIMARY KEY,
    events TEXT NOT NULL,
    since BIGINT NOT NULL,
    rests_until BIGINT NOT NULL,
    stopped_at BIGINT
);

-- What is told: written in the transaction of what happened. Rows are only ever added.
CREATE TABLE announcement (
    id TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    at BIGINT NOT NULL,
    content TEXT NOT NULL
);

-- Who it is told to, and how far that is.
CREATE TABLE delivery (
    receiver TEXT NOT NULL REFERENCES receiver (name),
    announcement TEXT NOT NULL REFERENCES announcement (id),
    state TEXT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (receiver, announcement)
);

CREATE INDEX delivery_by_state ON delivery (receiver, state, due);

-- Each attempt, and what came back.
CREATE TABLE delivery_attempt (
    id BIGINT NOT NULL PRIMARY KEY,
    receiver TEXT NOT NULL,
    announcement TEXT NOT NULL REFERENCES announcement (id),
    at BIGINT NOT NULL,
    answer TEXT NOT NULL
);

CREATE INDEX delivery_attempt_by_delivery ON delivery_attempt (receiver, announcement, id);
