-- Reported returns that fit no order (unknown order, or more than was sold): they stand here until a person sees to them.
CREATE TABLE stray_return (
    vendor   text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    id       text COLLATE "C" NOT NULL,
    advised  bigint NOT NULL,
    received bigint NOT NULL,
    scrapped bigint NOT NULL,
    why      text COLLATE "C" NOT NULL,
    at_ms    bigint NOT NULL,
    PRIMARY KEY (vendor, order_id, id)
);
