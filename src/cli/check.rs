//! `sockeye check`: the listeners against the policy, once.

use std::io::{self, BufWriter, Write};

use super::args::CheckArgs;
use super::exit::Exit;
use super::reader::Request;
use super::{notice, policy, reader};
use crate::config::{Audience, Config};
use crate::model::Ask;
use crate::output::alert::{self, Summary};
use crate::policy::{AlertKind, Watcher, is_judged};

/// Checks, reports and tells by its exit code: 0 clean, 1 unexpected, 3 not enough seen.
pub(super) fn run(args: &CheckArgs, config: &Config) -> anyhow::Result<Exit> {
    // The verdict is the same on a terminal and in cron.
    let settings = config.settings(Audience::Program);
    let loaded = policy::load(args.policy.resolve(&settings), &config.environment)?;
    let path = crate::text::path(&loaded.path).into_owned();
    let (table, moment) = reader::read_once(
        &args.reading.resolve(&settings),
        Request::all(reader::judged_tables(), Ask::NOTHING),
        None,
    )?;
    let alerts = Watcher::new(loaded.policy).check(&table, &moment);
    let count = |kind| alerts.iter().filter(|alert| alert.kind == kind).count();
    let summary = Summary {
        listeners: table.open().filter(|row| is_judged(&row.socket)).count(),
        unexpected: count(AlertKind::Unexpected),
        unverifiable: count(AlertKind::Unverifiable),
        whole: moment.coverage.is_whole(),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    for found in &alerts {
        if args.json {
            alert::write_json(&mut out, found, &moment, &path)?;
        } else {
            alert::write_line(&mut out, found, &moment, &path)?;
        }
    }
    if args.json {
        alert::write_summary_json(&mut out, &summary, &moment)?;
    } else {
        alert::write_summary(&mut out, &summary, &moment)?;
    }
    out.flush()?;
    notice::tell(&moment.coverage, summary.unverifiable > 0);
    Ok(match summary {
        Summary { unexpected: 1.., .. } => Exit::Found,
        Summary { unverifiable: 0, whole: true, .. } => Exit::Ok,
        _ => Exit::Unseen,
    })
}
