//! The actors: one per vendor, SKU and order; their mailboxes are the locks
