-- Rollouts: what each set out to do. Rows are only ever added.
CREATE TABLE rollout (
    id BIGINT NOT NULL PRIMARY KEY,
    service TEXT NOT NULL,
    candidate TEXT NOT NULL REFERENCES artifact (digest),
    at BIGINT NOT NULL,
    content TEXT NOT NULL
);

CREATE INDEX rollout_by_service ON rollout (service, id);

-- What happened to a service and what was wanted of it then. The last row is what is wanted now;
-- whoever writes the next one has seen the last.
CREATE TABLE service_event (
    service TEXT NOT NULL,
    number BIGINT NOT NULL,
    rollout BIGINT REFERENCES rollout (id),
    at BIGINT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (service, number)
);

CREATE INDEX service_event_by_rollout ON service_event (rollout, number);
