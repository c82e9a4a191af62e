//! What an ERP, a channel or a courier can do: capability traits, outcomes, the shared HTTP client
