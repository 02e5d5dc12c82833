-- +goose Up
-- The index of the search. It holds no words but hashes of their stems. Whoever changes how
-- words are made adds a migration that empties the table and sets search_to to 0. The place
-- is the seconds since 2013 in the upper half, messages.id in the lower. A message that is
-- deleted, by whomever, leaves the index in the same transaction.
CREATE TABLE search (
    row_id BIGINT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    place  BIGINT NOT NULL,
    words  TSVECTOR NOT NULL
);

CREATE UNIQUE INDEX search_place ON search (place);

-- A short list of what is not yet sorted in: a search reads through it.
CREATE INDEX search_words ON search USING gin (words) WITH (fastupdate = on, gin_pending_list_limit = 256);

-- Ids are given before the commit, so that a lower one may appear after a higher one.
-- search_to: the last id that was come to; up to search_sure no id can appear any more;
-- search_seen was the highest id at search_seen_at.
INSERT INTO meta (name, value) VALUES ('search_to', 0), ('search_sure', 0), ('search_seen', 0), ('search_seen_at', 0);
