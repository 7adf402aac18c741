-- What was seen of the north-star gates, week by week. Rows are only ever added.
CREATE TABLE north_star_observation (
    id BIGINT NOT NULL PRIMARY KEY,
    gate TEXT NOT NULL,
    week TEXT NOT NULL,
    input TEXT REFERENCES artifact (digest),
    content TEXT NOT NULL
);

CREATE INDEX north_star_observation_by_gate ON north_star_observation (gate, id);

-- Routines that ran: once a period, for an agent or (with an empty name) for the team.
CREATE TABLE routine_run (
    id BIGINT NOT NULL PRIMARY KEY,
    routine TEXT NOT NULL,
    period TEXT NOT NULL,
    agent TEXT NOT NULL,
    at BIGINT NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (routine, period, agent)
);
