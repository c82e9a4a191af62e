-- Labels and invoices, kept once by the SHA-256 of their bytes; `content` is sealed: they carry personal data.
CREATE TABLE file (
    vendor  TEXT NOT NULL,
    hash    TEXT NOT NULL,
    size    INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (vendor, hash)
) STRICT;

-- Which order a file belongs to, as what, and under which name.
CREATE TABLE order_file (
    vendor   TEXT NOT NULL,
    order_id TEXT NOT NULL,
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    hash     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (vendor, order_id, kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_file_age ON order_file (vendor, kind, at_ms, order_id, name);
CREATE INDEX order_file_hash ON order_file (vendor, hash);
