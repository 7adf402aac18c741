-- Evidence: what one artifact of one run measured about one subject.
CREATE TABLE artifact (
    digest TEXT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    added_at BIGINT NOT NULL
);

CREATE TABLE evidence (
    id BIGINT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    run TEXT NOT NULL,
    artifact TEXT NOT NULL REFERENCES artifact (digest),
    file TEXT NOT NULL,
    format TEXT NOT NULL,
    named TEXT,
    taken_at BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    UNIQUE (subject, run, artifact)
);

CREATE TABLE measurement (
    evidence BIGINT NOT NULL REFERENCES evidence (id),
    position BIGINT NOT NULL,
    measure TEXT NOT NULL,
    labels TEXT NOT NULL,
    unit TEXT NOT NULL,
    shape TEXT NOT NULL,
    n BIGINT,
    statistic TEXT,
    value DOUBLE PRECISION,
    locator TEXT NOT NULL,
    PRIMARY KEY (evidence, position)
);

-- Decisions: the record is an artifact; these rows are what lists and trends need of it.
CREATE TABLE decision (
    id BIGINT NOT NULL PRIMARY KEY,
    gate TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    record TEXT NOT NULL REFERENCES artifact (digest)
);

CREATE INDEX decision_by_gate ON decision (gate, id);

CREATE TABLE decision_criterion (
    decision BIGINT NOT NULL REFERENCES decision (id),
    position BIGINT NOT NULL,
    criterion TEXT NOT NULL,
    observed DOUBLE PRECISION,
    validity TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (decision, position)
);

CREATE TABLE decision_input (
    decision BIGINT NOT NULL REFERENCES decision (id),
    position BIGINT NOT NULL,
    artifact TEXT NOT NULL REFERENCES artifact (digest),
    PRIMARY KEY (decision, position)
);

-- The journal: every change above, in order, each entry sealed with the one before.
CREATE TABLE journal (
    position BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);
