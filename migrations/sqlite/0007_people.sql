-- People who sign in. `login` is lower case; `password` is argon2id in PHC form, null until its owner has set one.
CREATE TABLE account (
    login    TEXT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL,
    password TEXT,
    at_ms    INTEGER NOT NULL
) STRICT;

-- What an account may do; an empty `vendor` stands for the whole installation.
CREATE TABLE account_role (
    login  TEXT NOT NULL,
    vendor TEXT NOT NULL,
    role   TEXT NOT NULL,
    PRIMARY KEY (login, vendor)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_role_vendor ON account_role (vendor, login);

-- Browsers that are signed in; what the cookie holds is never stored.
CREATE TABLE session (
    hash       TEXT NOT NULL PRIMARY KEY,
    login      TEXT NOT NULL,
    address    TEXT NOT NULL,
    agent      TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    seen_ms    INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (login, seen_ms);
CREATE INDEX session_expiry ON session (expires_ms);

-- One-time links by which a password is set.
CREATE TABLE invitation (
    hash       TEXT NOT NULL PRIMARY KEY,
    login      TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX invitation_account ON invitation (login);

-- Every human act, before it is done and with its end. `mac` is over the row and the `mac` before it, under a key that is
-- sealed by the master key; numbers have no gaps. `asked` is the number of the row that announced the act.
CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    vendor  TEXT NOT NULL,
    actor   TEXT NOT NULL,
    origin  TEXT NOT NULL,
    act     TEXT NOT NULL,
    subject TEXT NOT NULL,
    old     TEXT NOT NULL,
    new     TEXT NOT NULL,
    outcome TEXT NOT NULL,
    asked   INTEGER,
    mac     TEXT NOT NULL
) STRICT;
CREATE INDEX audit_vendor ON audit (vendor, seq);
CREATE UNIQUE INDEX audit_asked ON audit (asked);
CREATE TRIGGER audit_not_edited BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_not_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

CREATE INDEX api_token_vendor ON api_token (vendor, at_ms, hash);

-- Lists for people stand in the order of buying.
ALTER TABLE orders ADD COLUMN placed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN gross_minor INTEGER NOT NULL DEFAULT 0;
UPDATE orders SET placed_ms = json_extract(state, '$.channel.created_at_ms'),
    gross_minor = json_extract(state, '$.channel.net.minor') + json_extract(state, '$.channel.vat.minor');
CREATE INDEX orders_placed ON orders (vendor, placed_ms, id);
CREATE INDEX orders_stage_placed ON orders (vendor, stage, placed_ms, id);
