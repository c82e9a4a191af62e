-- Labels and invoices, kept once by the SHA-256 of their bytes; `content` is sealed: they carry personal data.
CREATE TABLE file (
    vendor  text COLLATE "C" NOT NULL,
    hash    text COLLATE "C" NOT NULL,
    size    bigint NOT NULL,
    content text COLLATE "C" NOT NULL,
    PRIMARY KEY (vendor, hash)
);

-- Which order a file belongs to, as what, and under which name.
CREATE TABLE order_file (
    vendor   text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    name     text COLLATE "C" NOT NULL,
    hash     text COLLATE "C" NOT NULL,
    size     bigint NOT NULL,
    at_ms    bigint NOT NULL,
    PRIMARY KEY (vendor, order_id, kind, name)
);
CREATE INDEX order_file_age ON order_file (vendor, kind, at_ms, order_id, name);
CREATE INDEX order_file_hash ON order_file (vendor, hash);
