-- What an order is found by besides its id: its waybills, its fiscal documents, that something came back of it.
CREATE TABLE order_mark (
    vendor   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    value    TEXT NOT NULL,
    order_id TEXT NOT NULL,
    PRIMARY KEY (vendor, kind, value, order_id)
) STRICT, WITHOUT ROWID;

-- Collections at the shipper's door; ids begin with the day.
CREATE TABLE pickup (
    vendor  TEXT NOT NULL,
    id      TEXT NOT NULL,
    version INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    state   TEXT NOT NULL,
    PRIMARY KEY (vendor, id)
) STRICT;
