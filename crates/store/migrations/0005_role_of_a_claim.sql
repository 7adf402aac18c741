-- In which role a task was claimed: what the work may touch is held against it.
ALTER TABLE attempt ADD COLUMN role TEXT;
