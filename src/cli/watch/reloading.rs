//! Reading the policy and the sinks again while a watch goes on: both are taken, or neither.

use std::path::PathBuf;

use anyhow::Context as _;

use super::out::{self, STDOUT};
use super::places;
use crate::cli::policy::{self, Loaded};
use crate::cli::reader;
use crate::config::Environment;
use crate::model::Ask;
use crate::notify::delivery::{Delivery, Renewed};
use crate::notify::health::Board;
use crate::notify::{Fate, SinkSpec, fates};
use crate::policy::Severity;
use crate::source::Wanted;

/// The files, as they were named.
pub(super) struct Files<'a> {
    pub(super) policy: Option<PathBuf>,
    pub(super) sinks: Option<PathBuf>,
    pub(super) environment: &'a Environment,
}

/// What they say.
pub(super) struct Settings {
    pub(super) loaded: Loaded,
    pub(super) sinks: Vec<SinkSpec>,
}

impl Files<'_> {
    /// Reads both, whole.
    pub(super) fn read(&self) -> anyhow::Result<Settings> {
        let loaded = policy::load(self.policy.clone(), self.environment)?;
        let sinks = places::load(self.sinks.as_deref(), self.environment)?;
        Ok(Settings { loaded, sinks })
    }
}

impl Settings {
    /// What the policy has to be told, where that is among the tables that are read.
    pub(super) fn ask(&self, read: &[Wanted]) -> anyhow::Result<Ask> {
        let (tables, ask) = reader::wanted_by(&self.loaded.policy);
        if let Some((_, protocol)) = tables.iter().find(|table| !read.contains(table)) {
            let what = protocol.word();
            anyhow::bail!(
                "the rules of the policy look at {what} sockets, which are not read: start sockeye watch anew"
            );
        }
        Ok(ask)
    }

    /// Has alerts go where these say, in place of `old`. What stays the same is not touched; what cannot be opened
    /// leaves all as it was.
    pub(super) fn deliver_by(
        &self,
        delivery: &Delivery,
        old: &[SinkSpec],
        board: &Board,
    ) -> anyhow::Result<()> {
        let mut places = vec![Renewed {
            name: STDOUT.to_owned(),
            least: Severity::Info,
            was: Some(STDOUT.to_owned()),
            sink: None,
        }];
        for (fate, sink) in fates(old, &self.sinks).into_iter().zip(&self.sinks) {
            let (was, sink_now) = match fate {
                Fate::Keeps(at) => (Some(&old[at]), None),
                Fate::Succeeds(at) => (Some(&old[at]), Some(out::open(sink, board)?)),
                Fate::Begins => (None, Some(out::open(sink, board)?)),
            };
            places.push(Renewed {
                name: sink.name.clone(),
                least: sink.min_severity,
                was: was.map(|was| was.name.clone()),
                sink: sink_now,
            });
        }
        delivery.renew(places).context("cannot start a thread that delivers")
    }
}

/// Where alerts go: `stdout, journald`.
pub(super) fn named(sinks: &[SinkSpec]) -> String {
    let names: Vec<&str> = [STDOUT].into_iter().chain(sinks.iter().map(|sink| sink.name.as_str())).collect();
    names.join(", ")
}
