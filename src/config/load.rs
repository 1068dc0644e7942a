//! Finding and reading the configuration files, and putting everything together.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Environment;
use super::file as toml_file;
use super::setting::{Audience, Settings};
use super::value::Wrong;
use crate::sys::file::{self, FileError, read_trusted};
use crate::sys::{host, names, rights};
use crate::text;

/// The file of the system.
const SYSTEM: &str = "/etc/sockeye/config.toml";

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "cannot read the configuration {path}: {error}\n\
         name another, or none: SOCKEYE_CONFIG=FILE, SOCKEYE_CONFIG="
    )]
    Unreadable { path: String, error: FileError },
    #[error("the configuration {path} is not valid\n{mistakes}")]
    Invalid { path: String, mistakes: String },
    #[error("the environment variable {variable} cannot be understood\n{mistake}")]
    Variable { variable: &'static str, mistake: String },
}

/// A file that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    pub path: PathBuf,
    pub status: FileStatus,
}

/// What came of looking for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    Read,
    /// There is none.
    Missing,
    /// A directory on the way is closed to this user: who runs as somebody else often has still
    /// the home of another.
    OutOfReach,
}

/// Everything that was configured, and the environment in which that was done.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub environment: Environment,
    settings: Settings,
    /// The files that were looked for; the last one counts most.
    pub files: Vec<ConfigFile>,
    /// Where the dashboard keeps how it was left; `None` where there is no place.
    pub state_file: Option<PathBuf>,
}

/// As whom this program runs, as far as that decides which files count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) is_root: bool,
    /// The program has another user's rights than who started it (setuid).
    pub(super) is_raised: bool,
    /// Where root is at home.
    pub(super) home_of_root: Option<PathBuf>,
}

/// Which files are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) files: Vec<PathBuf>,
    /// Somebody named the file, so it must be there.
    pub(super) named: bool,
}

impl Places {
    /// The later one counts more.
    pub(super) fn of(environment: &Environment, caller: &Caller) -> Self {
        let system = PathBuf::from(SYSTEM);
        // Who starts a setuid program must not make it read what only its owner may.
        if caller.is_raised {
            return Self { files: vec![system], named: false };
        }
        if let Some(named) = &environment.config_file {
            let files = Some(named.clone()).filter(|path| !path.as_os_str().is_empty());
            return Self { files: files.into_iter().collect(), named: true };
        }
        // sudo may leave HOME as it was; then that is another user's home.
        let own = if caller.is_root && environment.sudo_uid.is_some() {
            caller.home_of_root.as_ref().map(|home| home.join(".config/sockeye"))
        } else {
            environment.config_dir.clone()
        };
        let own = own.map(|dir| dir.join("config.toml"));
        Self { files: [system].into_iter().chain(own).collect(), named: false }
    }
}

/// Where the dashboard keeps how it was left: by the rules for the configuration.
pub(super) fn state_file(environment: &Environment, caller: &Caller) -> Option<PathBuf> {
    let dir = match caller {
        Caller { is_raised: true, .. } => None,
        Caller { is_root: true, home_of_root, .. } if environment.sudo_uid.is_some() => {
            home_of_root.as_ref().map(|home| home.join(".local/state/sockeye"))
        }
        _ => environment.state_dir.clone(),
    };
    dir.map(|dir| dir.join("dashboard.toml"))
}

impl Config {
    /// Reads the files that count, and the variables.
    pub fn load(environment: Environment) -> Result<Self, ConfigError> {
        let is_root = host::is_root();
        // Looked up only where it matters: the answer may come over the network.
        let home_of_root = environment.sudo_uid.filter(|_| is_root).and_then(|_| names::home_of_root());
        let caller = Caller { is_root, is_raised: host::is_raised(), home_of_root };
        let places = Places::of(&environment, &caller);
        let state_file = state_file(&environment, &caller);
        let (mut files, mut texts) = (Vec::new(), Vec::new());
        for path in places.files {
            let (status, text) = read(&path, places.named, environment.sudo_uid)?;
            texts.extend(text.map(|text| (path.clone(), text)));
            files.push(ConfigFile { path, status });
        }
        let variables = if caller.is_raised { &[][..] } else { &environment.settings };
        let settings = Settings::merge(&texts, variables)?;
        Ok(Self { environment, settings, files, state_file })
    }

    /// The settings that count for somebody.
    #[must_use]
    pub fn settings(&self, audience: Audience) -> Settings {
        self.settings.counting_for(audience)
    }
}

/// The text of a file, read with no more rights than the user has.
fn read(path: &Path, named: bool, trusted: Option<u32>) -> Result<(FileStatus, Option<String>), ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: text::path(path).into_owned(), error };
    let opened = rights::with_those_of_the_caller(|| {
        read_trusted(path, trusted).map_err(|error| (error, file::is_out_of_reach(path)))
    });
    match opened.map_err(|error| unreadable(FileError::Io(error.into())))? {
        Ok(text) => Ok((FileStatus::Read, Some(text))),
        Err((error, _)) if error.is_missing() && !named => Ok((FileStatus::Missing, None)),
        Err((_, true)) if !named => Ok((FileStatus::OutOfReach, None)),
        Err((error, _)) => Err(unreadable(error)),
    }
}

impl Settings {
    /// The settings of files, of which the later one counts more, and of variables, which count most.
    pub fn merge(
        files: &[(PathBuf, String)],
        variables: &[(&'static str, OsString)],
    ) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        for (path, text) in files {
            let invalid = |mistakes| ConfigError::Invalid { path: text::path(path).into_owned(), mistakes };
            toml_file::take(&mut settings, path, text).map_err(invalid)?;
        }
        for (variable, value) in variables {
            let lossy = value.to_string_lossy();
            let taken = match value.to_str() {
                Some(text) => settings.set_from_variable(variable, text),
                None => Err(Wrong::new(0..lossy.len(), "this is not UTF-8 text")),
            };
            taken.map_err(|wrong| ConfigError::Variable {
                variable,
                mistake: toml_file::shown(&lossy, &[wrong]),
            })?;
        }
        Ok(settings)
    }
}
