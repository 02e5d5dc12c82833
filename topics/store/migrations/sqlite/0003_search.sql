-- +goose Up
-- The index of the search. It holds no words but hashes of their stems, and no texts: to
-- take a message out, its words are made anew from its text. So whoever changes how words
-- are made adds a migration that empties the index and sets search_to to 0. The rowid is
-- the place of a message: seconds since 2013 in the upper half, messages.id in the lower.
CREATE VIRTUAL TABLE search USING fts5 (words, content = '', columnsize = 0, tokenize = 'ascii');

-- What is taken out leaves no trace in the index.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- search_to is the last message that is in the index, or needs not be.
INSERT INTO meta (name, value) VALUES ('search_to', 0);
