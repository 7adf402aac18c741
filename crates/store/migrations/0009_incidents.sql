-- What people add to an incident. The incident itself follows from the events of its service.
CREATE TABLE incident_note (
    id BIGINT NOT NULL PRIMARY KEY,
    incident TEXT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    task BIGINT REFERENCES task (id)
);

CREATE INDEX incident_note_by_incident ON incident_note (incident, id);
