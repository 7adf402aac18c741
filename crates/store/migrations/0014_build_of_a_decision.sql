-- The build that a decision is about: its digest, or an empty text where none was named. What is
-- missing is not known, and the record has to be opened.
ALTER TABLE decision ADD COLUMN build TEXT;

CREATE INDEX decision_by_build ON decision (gate, build, id);
