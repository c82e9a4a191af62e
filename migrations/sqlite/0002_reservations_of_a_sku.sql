-- What a SKU holds is read by its key at every start of its actor. The partial index was passed over for the primary key's
-- first column, which reads everything of the vendor.
DROP INDEX reservation_held;
CREATE INDEX reservation_held ON reservation (vendor, sku, state);
