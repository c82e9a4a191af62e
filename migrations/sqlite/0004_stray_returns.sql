-- Reported returns that fit no order (unknown order, or more than was sold): they stand here until a person sees to them.
CREATE TABLE stray_return (
    vendor   TEXT NOT NULL,
    order_id TEXT NOT NULL,
    id       TEXT NOT NULL,
    advised  INTEGER NOT NULL,
    received INTEGER NOT NULL,
    scrapped INTEGER NOT NULL,
    why      TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (vendor, order_id, id)
) STRICT, WITHOUT ROWID;
