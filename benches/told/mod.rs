//! How the benches tell what they measured: tables, charts, and the files where these are. It must
//! not measure.

pub(crate) mod chart;
pub(crate) mod machine;
pub(crate) mod marked;
pub(crate) mod outputs;
pub(crate) mod table;
