//! What listens within a while, for `policy learn --for`. It learns nothing itself.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::polled::Polled;
use crate::cli::settings::Reading;
use crate::cli::{complain, live, reader};
use crate::engine::{Hurry, Listening};
use crate::model::{Ask, Socket, SocketKey};
use crate::policy::is_judged;
use crate::store::Moment;
use crate::sys::clock;
use crate::text;

/// The time between two readings. What lives shorter is heard, where the kernel tells it.
const INTERVAL: Duration = Duration::from_secs(1);

/// Every listener that was there within this span, each as it was last, and the last reading.
pub(super) fn seen(reading: &Reading, span: Duration) -> anyhow::Result<(Vec<Socket>, Moment)> {
    let start = clock::now();
    let tables = reader::judged_tables();
    let (hear, hearing) = live::hear(reading, &tables);
    let sampler = reader::live_sampler(reading, tables, Ask::NOTHING, INTERVAL)?;
    let listening = Listening { hear, told: hearing.clone(), hurry: Hurry::ForListeners };
    let mut polled = Polled::start(sampler, INTERVAL, listening)?;
    complain(&format!("sockeye: learning for {}; {}", text::brief(span), hearing.promise()));
    let mut seen: BTreeMap<SocketKey, Socket> = BTreeMap::new();
    let mut last = None;
    while let Some(snapshot) = polled.next(Some((start, span)))? {
        // Of what closed its owner may be gone: it stays as it was.
        let there = snapshot.changes.iter().map(|change| &change.socket).filter(|socket| is_judged(socket));
        for socket in there {
            let known = seen.entry(socket.key).or_insert_with(|| socket.clone());
            if socket.owners.known().is_some() {
                known.clone_from(socket);
            }
        }
        last = snapshot.table.moment().cloned();
    }
    let moment = last.context("nothing could be read in that time; give it longer: --for 10s")?;
    Ok((seen.into_values().collect(), moment))
}
