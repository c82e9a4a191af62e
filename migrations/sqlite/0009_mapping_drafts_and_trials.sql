-- `wish` tells one wish to publish from another, so that a repeated one makes no second version.
ALTER TABLE mapping_version ADD COLUMN wish TEXT;
CREATE UNIQUE INDEX mapping_version_wish ON mapping_version (vendor, wish);

-- Versions in the making; `base` is the version that was live when it was begun.
CREATE TABLE mapping_draft (
    vendor TEXT NOT NULL,
    name   TEXT NOT NULL,
    base   INTEGER NOT NULL,
    body   TEXT NOT NULL,
    author TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (vendor, name)
) STRICT;

-- Versions that began on a share of the SKUs. `state`: running, stopped, promoted; only promoted ones are ever live.
CREATE TABLE mapping_trial (
    vendor        TEXT NOT NULL,
    version       INTEGER NOT NULL,
    base          INTEGER NOT NULL,
    share_percent INTEGER NOT NULL,
    stop_percent  INTEGER NOT NULL,
    stop_from     INTEGER NOT NULL,
    promote_after INTEGER,
    state         TEXT NOT NULL,
    at_ms         INTEGER NOT NULL,
    ended_ms      INTEGER,
    PRIMARY KEY (vendor, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX mapping_trial_running ON mapping_trial (vendor) WHERE state = 'running';
