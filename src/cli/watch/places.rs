//! The file that says where alerts go besides stdout: found, read with suspicion, and understood.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::out::STDOUT;
use crate::config::Environment;
use crate::notify::{SinkSpec, parse};
use crate::sys::file::read_trusted;
use crate::sys::host;
use crate::text;

/// What the file that was named says, or the one at the usual place. No file at the usual place says nothing.
pub(super) fn load(named: Option<&Path>, environment: &Environment) -> anyhow::Result<Vec<SinkSpec>> {
    let places: Vec<PathBuf> = match named {
        Some(path) => vec![path.to_owned()],
        None => environment.sinks_paths(host::is_root()),
    };
    for path in places {
        let shown = text::path(&path);
        let text = match read_trusted(&path, environment.sudo_uid) {
            Err(error) if error.is_missing() && named.is_none() => continue,
            text => text.with_context(|| format!("cannot read where alerts go from {shown}"))?,
        };
        let sinks = parse(&text).map_err(|error| anyhow::anyhow!("{shown} is not valid\n{error}"))?;
        let is_taken = sinks.iter().any(|sink| sink.name == STDOUT);
        ensure!(!is_taken, "{shown}: {STDOUT} is the name of what every watch has; give that sink another");
        return Ok(sinks);
    }
    Ok(Vec::new())
}
