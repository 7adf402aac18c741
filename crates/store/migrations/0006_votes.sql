-- Votes about a subject. Rows are only ever added: the last of a role and a subject stands.
CREATE TABLE vote (
    id BIGINT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    role TEXT NOT NULL,
    content TEXT NOT NULL
);

CREATE INDEX vote_by_subject ON vote (subject, role, id);
