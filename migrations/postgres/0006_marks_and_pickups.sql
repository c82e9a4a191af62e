-- What an order is found by besides its id: its waybills, its fiscal documents, that something came back of it.
CREATE TABLE order_mark (
    vendor   text COLLATE "C" NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    value    text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (vendor, kind, value, order_id)
);

-- Collections at the shipper's door; ids begin with the day.
CREATE TABLE pickup (
    vendor  text COLLATE "C" NOT NULL,
    id      text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    at_ms   bigint NOT NULL,
    state   text COLLATE "C" NOT NULL,
    PRIMARY KEY (vendor, id)
);
