//! The CDON marketplace: client, wire types, translation
