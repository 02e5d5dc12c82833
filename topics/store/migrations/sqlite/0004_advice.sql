-- +goose Up
-- Days are counted since 1970, in UTC.

-- Answers that the advisor has written. What changes stands before the texts. An id stands
-- in buttons and in messages that wait to be sent: none is used twice.
CREATE TABLE drafts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL UNIQUE,
    chat_id     INTEGER NOT NULL,
    thread_id   INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    question_id INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    state       TEXT NOT NULL,
    auto        INTEGER NOT NULL,
    message_id  INTEGER NOT NULL,
    parts       INTEGER NOT NULL,
    told        TEXT NOT NULL,
    ended_at    INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    decided     TEXT NOT NULL,
    text        TEXT NOT NULL,
    original    TEXT NOT NULL,
    sources     TEXT NOT NULL,
    strange     TEXT NOT NULL
) STRICT;

CREATE INDEX drafts_topic ON drafts (chat_id, thread_id, at, id);
CREATE INDEX drafts_chat ON drafts (chat_id, at, id);
CREATE INDEX drafts_message ON drafts (chat_id, thread_id, message_id) WHERE message_id <> 0;
CREATE INDEX drafts_customer ON drafts (customer_id) WHERE customer_id <> 0;
CREATE INDEX drafts_open ON drafts (at) WHERE state = 'open';

-- What the advisor does in a topic, where somebody has said so.
CREATE TABLE topic_modes (
    chat_id   INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    mode      TEXT NOT NULL,
    setter    TEXT NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (chat_id, thread_id)
) STRICT, WITHOUT ROWID;

-- Questions that the knowledge did not answer, masked.
CREATE TABLE knowledge_gaps (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    key       TEXT NOT NULL UNIQUE,
    chat_id   INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    question  TEXT NOT NULL,
    reason    TEXT NOT NULL,
    strength  REAL NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

CREATE INDEX knowledge_gaps_topic ON knowledge_gaps (chat_id, thread_id, at, id);
CREATE INDEX knowledge_gaps_chat ON knowledge_gaps (chat_id, at, id);

-- The tokens of one day: a row for each topic, and one with the topic 0/0 for all of them,
-- so that nothing has to be added up. reserved is what the bookings of the day amount to.
CREATE TABLE token_days (
    id        INTEGER PRIMARY KEY,
    day       INTEGER NOT NULL,
    chat_id   INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    input     INTEGER NOT NULL DEFAULT 0,
    output    INTEGER NOT NULL DEFAULT 0,
    reserved  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (day, chat_id, thread_id)
) STRICT;

CREATE INDEX token_days_topic ON token_days (chat_id, thread_id);

-- Calls of the model that have not ended, or in which the program died. An id is never used
-- twice: a call that ends late must not end another one's booking.
CREATE TABLE token_bookings (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    day       INTEGER NOT NULL,
    chat_id   INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    tokens    INTEGER NOT NULL
) STRICT;

CREATE INDEX token_bookings_day ON token_bookings (day);
CREATE INDEX token_bookings_topic ON token_bookings (chat_id, thread_id);

-- The chats that have been told on a day that the tokens are used up.
CREATE TABLE token_notices (
    id      INTEGER PRIMARY KEY,
    day     INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    UNIQUE (day, chat_id)
) STRICT;

-- Vectors of texts by the model that made them; day is when one was last kept or used. The
-- vectors themselves stand apart, so that to note a use does not write them anew.
CREATE TABLE vectors (
    id        INTEGER PRIMARY KEY,
    model     TEXT NOT NULL,
    hash      BLOB NOT NULL,
    dimension INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    UNIQUE (model, hash)
) STRICT;

CREATE INDEX vectors_day ON vectors (day);

CREATE TABLE vector_data (
    id   INTEGER PRIMARY KEY REFERENCES vectors (id) ON DELETE CASCADE,
    data BLOB NOT NULL
) STRICT;
