-- People who sign in. `login` is lower case; `password` is argon2id in PHC form, null until its owner has set one.
CREATE TABLE account (
    login    text COLLATE "C" NOT NULL PRIMARY KEY,
    name     text COLLATE "C" NOT NULL,
    password text COLLATE "C",
    at_ms    bigint NOT NULL
);

-- What an account may do; an empty `vendor` stands for the whole installation.
CREATE TABLE account_role (
    login  text COLLATE "C" NOT NULL,
    vendor text COLLATE "C" NOT NULL,
    role   text COLLATE "C" NOT NULL,
    PRIMARY KEY (login, vendor)
);
CREATE INDEX account_role_vendor ON account_role (vendor, login);

-- Browsers that are signed in; what the cookie holds is never stored.
CREATE TABLE session (
    hash       text COLLATE "C" NOT NULL PRIMARY KEY,
    login      text COLLATE "C" NOT NULL,
    address    text COLLATE "C" NOT NULL,
    agent      text COLLATE "C" NOT NULL,
    at_ms      bigint NOT NULL,
    seen_ms    bigint NOT NULL,
    expires_ms bigint NOT NULL
);
CREATE INDEX session_account ON session (login, seen_ms);
CREATE INDEX session_expiry ON session (expires_ms);

-- One-time links by which a password is set.
CREATE TABLE invitation (
    hash       text COLLATE "C" NOT NULL PRIMARY KEY,
    login      text COLLATE "C" NOT NULL,
    expires_ms bigint NOT NULL
);
CREATE INDEX invitation_account ON invitation (login);

-- Every human act, before it is done and with its end. `mac` is over the row and the `mac` before it, under a key that is
-- sealed by the master key; numbers have no gaps. `asked` is the number of the row that announced the act.
CREATE TABLE audit (
    seq     bigint NOT NULL PRIMARY KEY,
    at_ms   bigint NOT NULL,
    vendor  text COLLATE "C" NOT NULL,
    actor   text COLLATE "C" NOT NULL,
    origin  text COLLATE "C" NOT NULL,
    act     text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    old     text COLLATE "C" NOT NULL,
    new     text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    asked   bigint,
    mac     text COLLATE "C" NOT NULL
);
CREATE INDEX audit_vendor ON audit (vendor, seq);
CREATE UNIQUE INDEX audit_asked ON audit (asked);
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;
CREATE TRIGGER audit_not_edited BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

CREATE INDEX api_token_vendor ON api_token (vendor, at_ms, hash);

-- Lists for people stand in the order of buying.
ALTER TABLE orders ADD COLUMN placed_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN gross_minor bigint NOT NULL DEFAULT 0;
UPDATE orders SET placed_ms = (state::json -> 'channel' ->> 'created_at_ms')::bigint,
    gross_minor = (state::json -> 'channel' -> 'net' ->> 'minor')::bigint
        + (state::json -> 'channel' -> 'vat' ->> 'minor')::bigint;
CREATE INDEX orders_placed ON orders (vendor, placed_ms, id);
CREATE INDEX orders_stage_placed ON orders (vendor, stage, placed_ms, id);
