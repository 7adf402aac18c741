-- What was measured of an artifact, such as the transcript of an agent's run.
CREATE INDEX evidence_by_artifact ON evidence (artifact);
