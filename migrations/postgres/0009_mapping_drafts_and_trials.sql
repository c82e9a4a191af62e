-- `wish` tells one wish to publish from another, so that a repeated one makes no second version.
ALTER TABLE mapping_version ADD COLUMN wish text COLLATE "C";
CREATE UNIQUE INDEX mapping_version_wish ON mapping_version (vendor, wish);

-- Versions in the making; `base` is the version that was live when it was begun.
CREATE TABLE mapping_draft (
    vendor text COLLATE "C" NOT NULL,
    name   text COLLATE "C" NOT NULL,
    base   bigint NOT NULL,
    body   text COLLATE "C" NOT NULL,
    author text COLLATE "C" NOT NULL,
    at_ms  bigint NOT NULL,
    PRIMARY KEY (vendor, name)
);

-- Versions that began on a share of the SKUs. `state`: running, stopped, promoted; only promoted ones are ever live.
CREATE TABLE mapping_trial (
    vendor        text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    base          bigint NOT NULL,
    share_percent bigint NOT NULL,
    stop_percent  bigint NOT NULL,
    stop_from     bigint NOT NULL,
    promote_after bigint,
    state         text COLLATE "C" NOT NULL,
    at_ms         bigint NOT NULL,
    ended_ms      bigint,
    PRIMARY KEY (vendor, version)
);
CREATE UNIQUE INDEX mapping_trial_running ON mapping_trial (vendor) WHERE state = 'running';
