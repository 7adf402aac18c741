-- Tokens that open the HTTP API. Only the SHA-256 of a secret is kept.
CREATE TABLE access_token (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    bearer TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

-- Which artifacts an agent submitted, and so may open again.
CREATE TABLE artifact_submitter (
    artifact TEXT NOT NULL,
    agent TEXT NOT NULL,
    PRIMARY KEY (artifact, agent)
);
