//! `sockeye policy learn`, and finding and reading the policy file.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::args::LearnArgs;
use super::exit::Exit;
use super::filter::Machine;
use super::reader::Request;
use super::{complain, notice, reader};
use crate::config::{Audience, Config, Environment};
use crate::model::Ask;
use crate::policy::{self, Learnt, Policy};
use crate::sys::file::{self, FileError};
use crate::sys::host;
use crate::text::{self, counted};

/// A policy and where it came from.
pub(super) struct Loaded {
    pub(super) policy: Policy,
    pub(super) path: PathBuf,
}

/// Reads the policy that was named, or the one at the usual place.
pub(super) fn load(named: Option<PathBuf>, environment: &Environment) -> anyhow::Result<Loaded> {
    let paths = match named {
        Some(path) => vec![path],
        None => environment.policy_paths(host::is_root()),
    };
    for path in &paths {
        if let Some(text) = read(path, environment)? {
            return Ok(Loaded { policy: parse(&text, path)?, path: path.clone() });
        }
    }
    let tried: Vec<_> = paths.iter().map(|path| text::path(path)).collect();
    anyhow::bail!(
        "there is no policy file at {}\nwrite one from what listens now: sockeye policy learn",
        tried.join(" or ")
    )
}

/// The text of a policy file; `None` when there is none.
fn read(path: &Path, environment: &Environment) -> anyhow::Result<Option<String>> {
    match file::read_trusted(path, environment.sudo_uid) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => anyhow::bail!(
            "cannot read the policy {}: {error}\nanother can be named: --policy FILE",
            text::path(path)
        ),
    }
}

fn parse(text: &str, path: &Path) -> anyhow::Result<Policy> {
    Machine::default()
        .with(|vocabulary| Policy::parse(text, vocabulary))
        .map_err(|error| anyhow::anyhow!("the policy {} is not valid\n{error}", text::path(path)))
}

/// Appends to the policy file what it does not cover yet.
pub(super) fn learn(args: &LearnArgs, config: &Config) -> anyhow::Result<Exit> {
    let environment = &config.environment;
    let settings = config.settings(Audience::Program);
    let path = match args.policy.resolve(&settings) {
        Some(path) => path,
        None => environment
            .policy_paths(host::is_root())
            .into_iter()
            .next()
            .context("there is no place for a policy file; name one with --policy FILE")?,
    };
    let before = read(&path, environment)?;
    let known = before.as_deref().map_or(Ok(Policy::default()), |text| parse(text, &path))?;
    let reading = args.reading.resolve(&settings);
    let (table, moment) =
        reader::read_once(&reading, Request::all(reader::judged_tables(), Ask::NOTHING), None)?;
    if notice::tell(&moment.coverage, true) {
        anyhow::bail!("nothing was learnt: a policy from half a reading would be wrong");
    }
    let learnt = policy::learn(&known, &table, &moment);
    if args.dry_run {
        io::stdout().lock().write_all(learnt.entries.as_bytes())?;
        return Ok(Exit::Ok);
    }
    if learnt.added > 0 || before.is_none() {
        let text = before.unwrap_or_else(|| policy::HEADER.to_owned()) + &learnt.entries;
        write(&path, &text).with_context(|| format!("cannot write the policy {}", text::path(&path)))?;
    }
    tell(&learnt, &path)?;
    Ok(Exit::Ok)
}

fn write(path: &Path, text: &str) -> Result<(), FileError> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir)?;
    }
    file::replace(path, text)
}

fn tell(learnt: &Learnt, path: &Path) -> io::Result<()> {
    let entries = counted(learnt.added, "entry", "entries");
    let covered = counted(learnt.covered, "listener was", "listeners were");
    writeln!(io::stdout().lock(), "{}: {entries} added; {covered} covered before", text::path(path))?;
    if learnt.unseen > 0 {
        let without = counted(learnt.unseen, "entry names", "entries name");
        complain(&format!(
            "sockeye: {without} no executable, because it could not be seen; run as root to learn it"
        ));
    }
    Ok(())
}
