//! How the benches tell what they measured: tables, charts, and the place of the README where these are. It must
//! not measure.

pub(crate) mod chart;
pub(crate) mod machine;
pub(crate) mod marked;
pub(crate) mod table;
