-- +goose Up
-- vacuum_due: the schema before this one left the bytes of deleted rows in the file. The
-- start that finds it set writes the file anew.
-- forgotten counts the erasures: who sees it changed reads the tombstones again. wiped is
-- the last one after which the bytes of deleted rows were cleared.
INSERT INTO meta (name, value) VALUES ('forgotten', 0), ('wiped', 0), ('vacuum_due', 1);

-- Commands that change something. forgotten: the customer was erased, and what would
-- bring them back is not written any more.
CREATE TABLE runs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL UNIQUE,
    command     TEXT NOT NULL,
    chat_id     INTEGER NOT NULL,
    thread_id   INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    message_id  INTEGER NOT NULL,
    asker       TEXT NOT NULL,
    args        TEXT NOT NULL,
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    result      TEXT NOT NULL,
    decided     TEXT NOT NULL,
    answer_id   INTEGER NOT NULL,
    asked_at    INTEGER NOT NULL,
    sent_at     INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    told        TEXT NOT NULL,
    reply       TEXT NOT NULL,
    tell_text   TEXT NOT NULL,
    version     INTEGER NOT NULL,
    forgotten   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX runs_topic ON runs (chat_id, thread_id, id);
CREATE INDEX runs_customer ON runs (customer_id) WHERE customer_id <> 0;

CREATE TABLE links (
    id          INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    account     TEXT NOT NULL,
    setter      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    UNIQUE (customer_id, account)
) STRICT;

-- One card for each customer, one transcript for each topic: chat_id and thread_id are
-- 0 for a card, holder is 0 for a transcript and the customer for a card.
CREATE TABLE pages (
    id          INTEGER PRIMARY KEY,
    system      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    chat_id     INTEGER NOT NULL,
    thread_id   INTEGER NOT NULL,
    holder      INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    page_id     TEXT NOT NULL,
    url         TEXT NOT NULL,
    ours        INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    UNIQUE (chat_id, thread_id, holder, system, kind)
) STRICT;

CREATE INDEX pages_customer ON pages (customer_id);

CREATE TABLE exports (
    id            INTEGER PRIMARY KEY,
    system        TEXT NOT NULL,
    chat_id       INTEGER NOT NULL,
    thread_id     INTEGER NOT NULL,
    page_id       TEXT NOT NULL,
    done_row      INTEGER NOT NULL,
    done_version  INTEGER NOT NULL,
    to_row        INTEGER NOT NULL,
    to_version    INTEGER NOT NULL,
    after_message INTEGER NOT NULL,
    after_edit    INTEGER NOT NULL,
    pending       BLOB,
    version       INTEGER NOT NULL,
    UNIQUE (chat_id, thread_id, system)
) STRICT;

-- The ids of blocks that we added to a page, those of one request in a row.
CREATE TABLE page_blocks (
    id        INTEGER PRIMARY KEY,
    system    TEXT NOT NULL,
    chat_id   INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    page_id   TEXT NOT NULL,
    blocks    TEXT NOT NULL
) STRICT;

CREATE INDEX page_blocks_topic ON page_blocks (chat_id, thread_id, id);

-- The id of a memo stands in a button and is never used twice.
CREATE TABLE memos (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id   INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    data      BLOB NOT NULL
) STRICT;

CREATE INDEX memos_topic ON memos (chat_id, thread_id);
CREATE INDEX memos_expires ON memos (expires);

-- What was written up to these moments is not stored again. seq is the number of the
-- erasure.
CREATE TABLE forgotten_customers (
    customer_id INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    seq         INTEGER NOT NULL
) STRICT;

CREATE TABLE forgotten_topics (
    chat_id   INTEGER NOT NULL,
    thread_id INTEGER NOT NULL,
    before    INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (chat_id, thread_id)
) STRICT;

-- The numbers of messages and of former texts say how far an export has come: none is
-- used twice, as a plain INTEGER PRIMARY KEY would do after the last row was deleted.
CREATE TABLE numbered_messages (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id         INTEGER NOT NULL,
    thread_id       INTEGER NOT NULL,
    message_id      INTEGER NOT NULL,
    date            INTEGER NOT NULL,
    edit_date       INTEGER NOT NULL DEFAULT 0,
    author_kind     TEXT NOT NULL,
    author_id       INTEGER NOT NULL,
    author_name     TEXT NOT NULL,
    author_username TEXT NOT NULL,
    kind            TEXT NOT NULL,
    text            TEXT NOT NULL,
    entities        TEXT NOT NULL,
    media           TEXT NOT NULL,
    album           TEXT NOT NULL,
    reply_to        INTEGER NOT NULL DEFAULT 0,
    flags           INTEGER NOT NULL DEFAULT 0,
    UNIQUE (chat_id, thread_id, message_id)
) STRICT;

INSERT INTO numbered_messages SELECT * FROM messages ORDER BY id;
DROP TABLE messages;
ALTER TABLE numbered_messages RENAME TO messages;

CREATE TABLE numbered_versions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id    INTEGER NOT NULL,
    thread_id  INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    date       INTEGER NOT NULL,
    text       TEXT NOT NULL,
    entities   TEXT NOT NULL,
    media      TEXT NOT NULL
) STRICT;

INSERT INTO numbered_versions SELECT * FROM message_versions ORDER BY id;
DROP TABLE message_versions;
ALTER TABLE numbered_versions RENAME TO message_versions;

CREATE INDEX message_versions_message ON message_versions (chat_id, thread_id, message_id, date, id);

-- An import meets messages whose topic it may take for another one.
CREATE INDEX messages_number ON messages (chat_id, message_id);

-- The former texts of a topic that came after a given one.
CREATE INDEX message_versions_number ON message_versions (chat_id, thread_id, id);
