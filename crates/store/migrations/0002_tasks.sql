-- Tasks. What a list, a claim or a conflict needs stands in columns of its own; the rest of the
-- intake is JSON with a version. The two counters follow from the links and are kept with them.
CREATE TABLE task (
    id BIGINT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT,
    priority BIGINT NOT NULL,
    role TEXT,
    paths TEXT NOT NULL,
    intake TEXT NOT NULL,
    owner TEXT,
    epoch BIGINT NOT NULL,
    expires BIGINT,
    work TEXT,
    merged TEXT,
    reason TEXT,
    losses BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    open_blockers BIGINT NOT NULL,
    unblocks BIGINT NOT NULL
);

-- The ready tasks, in the order in which they are handed out.
CREATE INDEX task_ready ON task (priority, unblocks DESC, id)
    WHERE state = 'open' AND open_blockers = 0;

CREATE INDEX task_waiting ON task (id) WHERE state = 'open' AND open_blockers > 0;

-- An agent holds one task at a time: the database itself refuses a second lease.
CREATE UNIQUE INDEX task_leased ON task (owner) WHERE state = 'leased';

-- Lists by state. Open tasks have an index of their own: in this one they would draw SQLite away
-- from the ready order, to sorting.
CREATE INDEX task_open ON task (id) WHERE state = 'open';

CREATE INDEX task_by_state ON task (state, id) WHERE state <> 'open';

CREATE TABLE task_link (
    task BIGINT NOT NULL REFERENCES task (id),
    kind TEXT NOT NULL,
    target BIGINT NOT NULL REFERENCES task (id),
    PRIMARY KEY (task, kind, target)
);

CREATE INDEX task_link_by_target ON task_link (target, kind, task);

CREATE TABLE task_note (
    task BIGINT NOT NULL REFERENCES task (id),
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    agent TEXT,
    epoch BIGINT,
    text TEXT NOT NULL,
    PRIMARY KEY (task, position)
);

-- One row a claim: what became of it is the agent's record.
CREATE TABLE attempt (
    task BIGINT NOT NULL REFERENCES task (id),
    epoch BIGINT NOT NULL,
    agent TEXT NOT NULL,
    kind TEXT,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    result TEXT,
    PRIMARY KEY (task, epoch)
);

CREATE INDEX attempt_by_agent ON attempt (agent, task, epoch);

-- Answers that were given under a key: the same request gets the same answer, and no second effect.
CREATE TABLE request (
    key TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    answer TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX request_by_age ON request (at);

-- The clock of the leases. It never runs backwards: `high` is the latest time it has shown.
CREATE TABLE lease_clock (
    id BIGINT NOT NULL PRIMARY KEY,
    boot TEXT NOT NULL,
    ahead BIGINT NOT NULL,
    high BIGINT NOT NULL
);

INSERT INTO lease_clock (id, boot, ahead, high) VALUES (1, '', 0, 0);
