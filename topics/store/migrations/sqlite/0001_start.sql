-- +goose Up
-- Times are microseconds since 1970, 0 for none.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('epoch', 0), ('ping', 0), ('journal_pruned_to', 0),
    ('keys_pruned_to', 0), ('clean', 1), ('webhook', 0);

CREATE TABLE instances (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL
) STRICT;

CREATE TABLE lanes (
    queue      TEXT NOT NULL,
    lane       TEXT NOT NULL,
    owner      INTEGER NOT NULL DEFAULT 0,
    epoch      INTEGER NOT NULL DEFAULT 0,
    last_seq   INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (queue, lane)
) STRICT, WITHOUT ROWID;

-- state: 0 waits, 1 done, 2 parked. An id is never used twice. The payload stands
-- last, so that the columns that change are found without reading through it.
CREATE TABLE items (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    queue        TEXT NOT NULL,
    lane         TEXT NOT NULL,
    seq          INTEGER NOT NULL DEFAULT 0,
    key          TEXT NOT NULL DEFAULT '',
    state        INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,
    added_at     INTEGER NOT NULL,
    not_before   INTEGER NOT NULL DEFAULT 0,
    failed_since INTEGER NOT NULL DEFAULT 0,
    done_at      INTEGER NOT NULL DEFAULT 0,
    parked_at    INTEGER NOT NULL DEFAULT 0,
    reason       TEXT NOT NULL DEFAULT '',
    payload      BLOB
) STRICT;

CREATE UNIQUE INDEX items_key ON items (queue, key) WHERE key <> '';
CREATE INDEX items_pending ON items (queue, lane, id) WHERE state = 0;
CREATE INDEX items_parked ON items (id) WHERE state = 2;

CREATE TABLE messages (
    id              INTEGER PRIMARY KEY,
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

CREATE TABLE message_versions (
    id         INTEGER PRIMARY KEY,
    chat_id    INTEGER NOT NULL,
    thread_id  INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    date       INTEGER NOT NULL,
    text       TEXT NOT NULL,
    entities   TEXT NOT NULL,
    media      TEXT NOT NULL
) STRICT;

CREATE INDEX message_versions_message ON message_versions (chat_id, thread_id, message_id, date, id);

CREATE TABLE topics (
    chat_id    INTEGER NOT NULL,
    thread_id  INTEGER NOT NULL,
    title      TEXT NOT NULL,
    status     TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (chat_id, thread_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE topic_customers (
    chat_id     INTEGER NOT NULL,
    thread_id   INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    info        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (chat_id, thread_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX topic_customers_customer ON topic_customers (customer_id);

CREATE TABLE chat_migrations (
    from_chat INTEGER PRIMARY KEY,
    to_chat   INTEGER NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

-- What has gone into groups within the last minutes: it counts against their budgets.
CREATE TABLE send_log (
    id      INTEGER PRIMARY KEY,
    chat_id INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

CREATE INDEX send_log_chat ON send_log (chat_id, at);

-- How long Telegram wants no message into a group (429).
CREATE TABLE send_pauses (
    chat_id INTEGER PRIMARY KEY,
    until   INTEGER NOT NULL
) STRICT;
