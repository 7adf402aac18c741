-- Agents. A row is a change: no definition means that the agent was removed.
CREATE TABLE agent (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    definition TEXT,
    at BIGINT NOT NULL
);

CREATE INDEX agent_by_name ON agent (name, id);

CREATE TABLE agent_run (
    id BIGINT NOT NULL PRIMARY KEY,
    agent TEXT NOT NULL,
    task BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    kind TEXT,
    began_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    ending TEXT NOT NULL,
    base TEXT NOT NULL,
    head TEXT NOT NULL,
    transcript TEXT NOT NULL REFERENCES artifact (digest),
    complaints TEXT NOT NULL REFERENCES artifact (digest),
    judged TEXT
);

CREATE INDEX agent_run_by_agent ON agent_run (agent, id);
