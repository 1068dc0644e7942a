//! The file that says where alerts go besides stdout: found, read with suspicion, and understood.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::super::policy;
use super::out::STDOUT;
use crate::config::Environment;
use crate::notify::{SinkSpec, parse};
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
        let text = policy::read_file(&path, environment);
        let text = match text.with_context(|| format!("cannot read where alerts go from {shown}"))? {
            None if named.is_none() => continue,
            None => {
                bail!("there is no file {shown}, which is to say where alerts go; name another with --sinks")
            }
            Some(text) => text,
        };
        let sinks = parse(&text).map_err(|error| anyhow::anyhow!("{shown} is not valid\n{error}"))?;
        let is_taken = sinks.iter().any(|sink| sink.name == STDOUT);
        ensure!(!is_taken, "{shown}: {STDOUT} is the name of what every watch has; give that sink another");
        return Ok(sinks);
    }
    Ok(Vec::new())
}
