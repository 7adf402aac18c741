-- Messages that were received long ago are forgotten; how many they were is not.
ALTER TABLE receiver ADD COLUMN delivered_before BIGINT NOT NULL DEFAULT 0;

CREATE INDEX delivery_by_announcement ON delivery (announcement);

CREATE INDEX delivery_attempt_by_announcement ON delivery_attempt (announcement);
