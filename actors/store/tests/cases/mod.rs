//! What every store must do.

pub(crate) mod attention;
pub(crate) mod files;
pub(crate) mod guards;
pub(crate) mod marks;
pub(crate) mod pickups;
pub(crate) mod rows;
pub(crate) mod strays;
