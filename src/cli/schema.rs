//! `sockeye schema`: what the JSON looks like, for machines.

use std::io::{self, BufWriter, Write as _};

use super::exit::Exit;
use crate::output::schema;

/// Prints the JSON schema.
pub(super) fn run() -> anyhow::Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    schema::write(&mut out)?;
    out.flush()?;
    Ok(Exit::Ok)
}
