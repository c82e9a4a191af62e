-- Same number, name, tables and columns as in migrations/postgres. STRICT: a text never lands in a number.
-- Times are milliseconds since 1970-01-01 UTC. JSON is opaque text; what is searched by has a column.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE vendor (
    vendor   TEXT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL,
    settings TEXT NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT;

-- `secrets` holds a JSON object of field to ciphertext; each ciphertext is bound to vendor, connection and field.
CREATE TABLE connection (
    vendor   TEXT NOT NULL REFERENCES vendor (vendor),
    name     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    base_url TEXT NOT NULL,
    settings TEXT NOT NULL,
    secrets  TEXT NOT NULL,
    PRIMARY KEY (vendor, name)
) STRICT;

-- `language` is empty for texts that serve every language.
CREATE TABLE content (
    vendor   TEXT NOT NULL,
    sku      TEXT NOT NULL,
    language TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (vendor, sku, language)
) STRICT;

-- `ron_per_unit` is an exact decimal as text.
CREATE TABLE rate (
    date         TEXT NOT NULL,
    currency     TEXT NOT NULL,
    source       TEXT NOT NULL,
    ron_per_unit TEXT NOT NULL,
    PRIMARY KEY (date, currency, source)
) STRICT, WITHOUT ROWID;

-- Immutable; the highest version of a vendor is the live one.
CREATE TABLE mapping_version (
    vendor  TEXT NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL,
    author  TEXT NOT NULL,
    note    TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (vendor, version)
) STRICT;

-- `state` stands last, so that reading fingerprints does not read it.
CREATE TABLE sku (
    vendor        TEXT NOT NULL,
    sku           TEXT NOT NULL,
    version       INTEGER NOT NULL,
    article_print INTEGER NOT NULL,
    stock_print   INTEGER NOT NULL,
    at_ms         INTEGER NOT NULL,
    state         TEXT NOT NULL,
    PRIMARY KEY (vendor, sku)
) STRICT;

-- One document number per vendor, for ever: the database's half of promise 1.
CREATE TABLE orders (
    vendor          TEXT NOT NULL,
    id              TEXT NOT NULL,
    version         INTEGER NOT NULL,
    stage           TEXT NOT NULL,
    closed          INTEGER NOT NULL,
    document_number INTEGER,
    seen_ms         INTEGER NOT NULL,
    deadline_ms     INTEGER,
    market          TEXT NOT NULL,
    basket          TEXT,
    at_ms           INTEGER NOT NULL,
    state           TEXT NOT NULL,
    PRIMARY KEY (vendor, id)
) STRICT;
CREATE UNIQUE INDEX orders_document ON orders (vendor, document_number);
CREATE INDEX orders_stage ON orders (vendor, stage, id);
CREATE INDEX orders_stale ON orders (vendor, seen_ms, id) WHERE closed = 0;

-- `state`: 0 open, 1 booked, 2 ended; it never goes down.
CREATE TABLE reservation (
    vendor   TEXT NOT NULL,
    order_id TEXT NOT NULL,
    sku      TEXT NOT NULL,
    qty      INTEGER NOT NULL,
    state    INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (vendor, order_id, sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_held ON reservation (vendor, sku) WHERE state < 2;
CREATE INDEX reservation_booked ON reservation (vendor, since_ms, sku) WHERE state = 1;

CREATE TABLE effect (
    vendor   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    due_ms   INTEGER NOT NULL,
    batch    TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (vendor, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX effect_due ON effect (vendor, kind, due_ms, key);

CREATE TABLE inbox (
    seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor     TEXT NOT NULL,
    connection TEXT NOT NULL,
    event_id   TEXT NOT NULL,
    key        TEXT NOT NULL,
    topic      TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    done       INTEGER NOT NULL,
    payload    TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX inbox_event ON inbox (vendor, connection, event_id);
CREATE INDEX inbox_open ON inbox (vendor, seq) WHERE done = 0;

CREATE TABLE cursor (
    vendor TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (vendor, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    seq    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor TEXT NOT NULL,
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    cause  TEXT NOT NULL,
    actor  TEXT NOT NULL,
    old    TEXT NOT NULL,
    new    TEXT NOT NULL
) STRICT;
CREATE INDEX journal_vendor ON journal (vendor, seq);
CREATE INDEX journal_subject ON journal (vendor, kind, key, seq);

CREATE TABLE receipt (
    seq             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor          TEXT NOT NULL,
    sku             TEXT NOT NULL,
    at_ms           INTEGER NOT NULL,
    mapping_version INTEGER NOT NULL,
    body            TEXT NOT NULL
) STRICT;
CREATE INDEX receipt_sku ON receipt (vendor, sku, at_ms, seq);

-- One row per cause that waits for a person; it goes with its last subject.
CREATE TABLE attention (
    id       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor   TEXT NOT NULL,
    code     TEXT NOT NULL,
    cause    TEXT NOT NULL,
    params   TEXT NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX attention_cause ON attention (vendor, code, cause);
CREATE INDEX attention_age ON attention (vendor, since_ms, id);

CREATE TABLE attention_subject (
    vendor TEXT NOT NULL,
    code   TEXT NOT NULL,
    cause  TEXT NOT NULL,
    key    TEXT NOT NULL,
    kind   TEXT NOT NULL,
    PRIMARY KEY (vendor, code, cause, key, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX attention_subject_clear ON attention_subject (vendor, code, kind, key);

-- `vendor` is null for an operator's token; the token itself is never stored.
CREATE TABLE api_token (
    hash       TEXT NOT NULL PRIMARY KEY,
    vendor     TEXT,
    role       TEXT NOT NULL,
    name       TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT;

CREATE TABLE idempotency (
    vendor     TEXT NOT NULL,
    key        TEXT NOT NULL,
    body_hash  TEXT NOT NULL,
    response   TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    PRIMARY KEY (vendor, key)
) STRICT;
CREATE INDEX idempotency_expiry ON idempotency (expires_ms);
