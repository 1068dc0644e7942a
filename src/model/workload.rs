//! What a process is part of: a unit of systemd, a login session, a container, a pod. Nothing here
//! finds out; names of cgroups and files of container runtimes do.
//!
//! All of it is names that others chose. It is shown to people and proves nothing.

use super::words::words;
use super::{Endpoint, SystemBytes, Uid};

words! {
    /// Who runs a container.
    Runtime {
        Docker = "docker",
        Podman = "podman",
        Containerd = "containerd",
        CriO = "cri-o",
        Lxc = "lxc",
        Nspawn = "nspawn",
        /// A container by its id, of a runtime that its name does not tell.
        Unknown = "unknown",
    }
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// 64 hexadecimal digits. LXC and nspawn identify by name.
    pub id: SystemBytes,
    pub runtime: Runtime,
    /// `None` when the files of the runtime may not be read or do not tell.
    pub name: Option<SystemBytes>,
    /// The image as it was asked for, as `nginx:1.27`.
    pub image: Option<SystemBytes>,
}

impl Container {
    /// A container of which nothing but its id is known.
    #[must_use]
    pub fn new(id: impl Into<SystemBytes>, runtime: Runtime) -> Self {
        Self { id: id.into(), runtime, name: None, image: None }
    }

    /// Its name, else its id.
    #[must_use]
    pub fn label(&self) -> &SystemBytes {
        self.name.as_ref().unwrap_or(&self.id)
    }

    /// The part of the id that people are used to see; all of a name.
    #[must_use]
    pub fn short_id(&self) -> &[u8] {
        const SHORT: usize = 12;
        let id = self.id.as_bytes();
        if self.name.as_ref() == Some(&self.id) { id } else { id.get(..SHORT).unwrap_or(id) }
    }
}

/// Where a process passes on what arrives at a port that it holds for a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub target: Endpoint,
    /// `None` when it is not known whose address that is.
    pub container: Option<Container>,
}

/// A pod of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// As the API server numbers it; of a static pod the hash of its file.
    pub uid: SystemBytes,
    pub name: Option<SystemBytes>,
    pub namespace: Option<SystemBytes>,
}

/// What a process is part of. Everything is `None` for one that runs for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// The unit of the system manager, as `sd_pid_get_unit(3)` tells it; of a container that has
    /// units of its own, the one inside.
    pub unit: Option<SystemBytes>,
    /// The unit of a user's manager, as `sd_pid_get_user_unit(3)` tells it.
    pub user_unit: Option<SystemBytes>,
    /// The id of the login session, as `loginctl` lists it.
    pub session: Option<SystemBytes>,
    /// The user in whose slice it runs. A user may name cgroups in there at will.
    pub user: Option<Uid>,
    /// The innermost of several.
    pub container: Option<Container>,
    pub pod: Option<Pod>,
}
