-- What people said about exchange rates, only appended: a rate of their own, or that a published one is right or wrong. The
-- newest word on a currency and date counts. `ron_per_unit` is an exact decimal as text.
CREATE TABLE rate_word (
    seq          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    vendor       TEXT NOT NULL,
    currency     TEXT NOT NULL,
    date         TEXT NOT NULL,
    verdict      TEXT NOT NULL,
    ron_per_unit TEXT NOT NULL,
    author       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    at_ms        INTEGER NOT NULL
) STRICT;
CREATE INDEX rate_word_vendor ON rate_word (vendor, seq);

-- What a receipt explains: 1 the quantity, 2 the prices. Asked for long after, each is found without reading all since.
ALTER TABLE receipt ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
UPDATE receipt SET parts = CASE WHEN body LIKE '{"quantity":null%' THEN 0 ELSE 1 END
    + CASE WHEN body LIKE '%"prices":[]%' THEN 0 ELSE 2 END;
