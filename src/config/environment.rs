//! The environment variables that count. The one place that asks for them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::setting::{SETTINGS, Setting};

/// The environment, as far as sockeye cares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a variable")]
pub struct Environment {
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and not 0 (bixense.com/clicolors).
    pub color_forced: bool,
    /// `CLICOLOR` is 0.
    pub color_off: bool,
    /// `TERM` is `dumb` or not set: no terminal to draw on.
    pub dumb_terminal: bool,
    /// `COLORTERM` is `truecolor` or `24bit`, or `TERM` ends in `-direct`: every colour can be shown.
    pub truecolor: bool,
    /// `TERM` tells of 256 colours.
    pub many_colors: bool,
    /// The locale's character set is UTF-8 (`LC_ALL`, `LC_CTYPE`, `LANG`; the first that is set).
    pub utf8: bool,
    /// `$XDG_CONFIG_HOME/sockeye`, or `$HOME/.config/sockeye`.
    pub config_dir: Option<PathBuf>,
    /// `$XDG_STATE_HOME/sockeye`, or `$HOME/.local/state/sockeye`.
    pub state_dir: Option<PathBuf>,
    /// `SOCKEYE_CONFIG`: the one configuration file to be read; an empty path for none.
    pub config_file: Option<PathBuf>,
    /// The variables of settings that are set and not empty, with their values.
    pub settings: Vec<(&'static str, OsString)>,
    /// Who called sudo.
    pub sudo_uid: Option<u32>,
    /// `DOCKER_HOST`, where it is a Unix socket: `unix:///run/docker.sock`.
    pub docker_host: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
        Self::from(std::env::var_os)
    }

    /// The environment that `variable` describes.
    pub fn from(variable: impl Fn(&'static str) -> Option<OsString>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let absolute = |name| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        let base = |variable, below| {
            let base = absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(below)));
            base.map(|base| base.join("sockeye"))
        };
        let of_setting = |setting: &Setting| Some((setting.variable, set(setting.variable)?));
        let term = set("TERM").unwrap_or_default().to_string_lossy().into_owned();
        let depth = set("COLORTERM").unwrap_or_default();
        Self {
            no_color: set("NO_COLOR").is_some(),
            color_forced: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            color_off: set("CLICOLOR").is_some_and(|value| value == "0"),
            dumb_terminal: term.is_empty() || term == "dumb",
            truecolor: depth == "truecolor" || depth == "24bit" || term.ends_with("-direct"),
            many_colors: term.contains("256color"),
            // No locale at all is common in containers, whose terminals speak UTF-8 all the same.
            utf8: locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8"),
            config_dir: base("XDG_CONFIG_HOME", ".config"),
            state_dir: base("XDG_STATE_HOME", ".local/state"),
            config_file: variable("SOCKEYE_CONFIG").map(PathBuf::from),
            settings: SETTINGS.iter().filter_map(of_setting).collect(),
            sudo_uid: set("SUDO_UID").and_then(|uid| uid.to_str()?.parse().ok()),
            docker_host: set("DOCKER_HOST").as_deref().and_then(unix_socket),
            runtime_dir: absolute("XDG_RUNTIME_DIR"),
        }
    }

    /// Where the policy lies when no file is named: for root `/etc/sockeye/policy.toml`, for
    /// others their own, which may not exist yet, and then the one of the system.
    #[must_use]
    pub fn policy_paths(&self, root: bool) -> Vec<PathBuf> {
        self.paths_of("policy.toml", root)
    }

    /// Where it is said where alerts go, when no file is named; the same places.
    #[must_use]
    pub fn sinks_paths(&self, root: bool) -> Vec<PathBuf> {
        self.paths_of("sinks.toml", root)
    }

    fn paths_of(&self, name: &str, root: bool) -> Vec<PathBuf> {
        let system = Path::new("/etc/sockeye").join(name);
        let own = self.config_dir.as_ref().map(|dir| dir.join(name));
        own.filter(|_| !root).into_iter().chain([system]).collect()
    }
}

/// The path in an address as Docker writes it; no other address is of this machine for sure.
fn unix_socket(address: &OsStr) -> Option<PathBuf> {
    let path = address.as_bytes().strip_prefix(b"unix://")?;
    Some(PathBuf::from(OsStr::from_bytes(path))).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value))
        })
    }

    #[test]
    fn colour_and_locale() {
        assert!(!environment(&[("NO_COLOR", "")]).no_color);
        assert!(environment(&[("NO_COLOR", "1")]).no_color);
        assert!(environment(&[("TERM", "dumb")]).dumb_terminal);
        assert!(!environment(&[("TERM", "xterm")]).dumb_terminal);
        let depth = |variables| {
            let environment = environment(variables);
            (environment.truecolor, environment.many_colors)
        };
        assert_eq!(depth(&[]), (false, false));
        assert_eq!(depth(&[("TERM", "xterm-256color")]), (false, true));
        assert_eq!(depth(&[("TERM", "xterm-direct")]), (true, false));
        assert_eq!(depth(&[("TERM", "linux"), ("COLORTERM", "24bit")]), (true, false));
        assert_eq!(depth(&[("COLORTERM", "truecolor")]), (true, false));
        assert_eq!(depth(&[("COLORTERM", "yes")]), (false, false));
        assert!(environment(&[]).utf8);
        assert!(environment(&[("LC_ALL", ""), ("LANG", "C.UTF-8")]).utf8);
        assert!(!environment(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]).utf8);
    }

    #[test]
    fn only_unix_sockets_are_of_docker_here() {
        let host = |value| environment(&[("DOCKER_HOST", value)]).docker_host;
        assert_eq!(host("unix:///run/user/1000/docker.sock"), Some("/run/user/1000/docker.sock".into()));
        for elsewhere in
            ["", "unix://", "unix://docker.sock", "tcp://10.0.0.1:2375", "ssh://web", "/run/docker.sock"]
        {
            assert_eq!(host(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(
            environment(&[("XDG_RUNTIME_DIR", "/run/user/7")]).runtime_dir,
            Some("/run/user/7".into())
        );
    }

    #[test]
    fn policy_paths() {
        let paths = |variables: &[(&str, &str)], root| environment(variables).policy_paths(root);
        let system = Path::new("/etc/sockeye/policy.toml");
        let own = Path::new("/home/d/.config/sockeye/policy.toml");
        assert_eq!(paths(&[("HOME", "/root")], true), [system]);
        assert_eq!(paths(&[("HOME", "/home/d")], false), [own, system]);
        assert_eq!(paths(&[("XDG_CONFIG_HOME", "relative"), ("HOME", "")], false), [system]);
    }
}
