//! Names for numbers: users and services.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use uzers::os::unix::UserExt as _;

use crate::model::{Protocol, SystemBytes, Uid};

/// Looks up users (`getpwuid_r`, so whatever nsswitch.conf says) and remembers those it found.
#[derive(Debug, Default)]
pub struct Users {
    found: BTreeMap<Uid, SystemBytes>,
}

impl Users {
    /// The user's name; `None` when the system has none for the number.
    pub fn name(&mut self, uid: Uid) -> Option<SystemBytes> {
        if let Some(name) = self.found.get(&uid) {
            return Some(name.clone());
        }
        let name = SystemBytes::from(uzers::get_user_by_uid(uid.0)?.name().as_bytes());
        self.found.insert(uid, name.clone());
        Some(name)
    }
}

/// The user who runs this, and its home; `None` for root and for one whom the system does not know.
#[must_use]
pub fn own_home() -> Option<(Uid, PathBuf)> {
    let uid = rustix::process::geteuid();
    let user = (!uid.is_root()).then(|| uzers::get_user_by_uid(uid.as_raw())).flatten()?;
    Some((Uid(uid.as_raw()), user.home_dir().to_owned()))
}

/// The home of root; `None` when the system does not know root.
#[must_use]
pub fn home_of_root() -> Option<PathBuf> {
    uzers::get_user_by_uid(0).map(|root| root.home_dir().to_owned())
}

/// The service names of `/etc/services`; none when it may not be read.
#[must_use]
pub fn services() -> HashMap<(Protocol, u16), String> {
    std::fs::read("/etc/services")
        .map(|text| crate::wire::services::parse(&String::from_utf8_lossy(&text)))
        .unwrap_or_default()
}
