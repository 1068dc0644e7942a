//! The files into which a bench writes what it measured, as they are asked for. It must not measure.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use super::chart::Chart;
use super::marked;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outputs {
    pub(crate) json: Option<PathBuf>,
    pub(crate) chart: Option<PathBuf>,
    pub(crate) readme: Option<PathBuf>,
}

impl Outputs {
    /// The file that an argument names; `None` for another argument.
    pub(crate) fn named(&mut self, arg: &str) -> Option<&mut Option<PathBuf>> {
        match arg {
            "--json" => Some(&mut self.json),
            "--chart" => Some(&mut self.chart),
            "--readme" => Some(&mut self.readme),
            _ => None,
        }
    }

    /// Writes those that were asked for. `mark`: what of the README is renewed.
    pub(crate) fn write(
        &self,
        mark: &str,
        json: impl FnOnce() -> Value,
        chart: impl FnOnce() -> Chart,
        summary: impl FnOnce() -> String,
    ) -> anyhow::Result<()> {
        let write =
            |path: &Path, text: &str| fs::write(path, text).with_context(|| path.display().to_string());
        if let Some(path) = &self.json {
            write(path, &format!("{:#}\n", json()))?;
        }
        if let Some(path) = &self.chart {
            write(path, &chart().svg())?;
        }
        if let Some(path) = &self.readme {
            let old = fs::read_to_string(path).with_context(|| path.display().to_string())?;
            write(path, &marked::renewed(&old, mark, &summary()).map_err(anyhow::Error::msg)?)?;
        }
        Ok(())
    }
}

/// What is separated by commas, each by its name.
pub(crate) fn list<T>(text: &str, named: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',').map(named).collect()
}
