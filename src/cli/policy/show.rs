//! `sockeye policy show` and `diff`: the policy as it is understood, alone and beside what listens now.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write as _};

use super::load;
use crate::cli::args::{DiffArgs, ShowArgs};
use crate::cli::exit::Exit;
use crate::cli::notice;
use crate::cli::reader::{self, Request};
use crate::cli::settings::audience;
use crate::config::{Audience, Config};
use crate::model::Ask;
use crate::output::policy::{self, Compared, Counts};
use crate::phrase;
use crate::policy::{Alert, Comparison, Wish, compare};
use crate::text;

/// Prints the policy in force.
pub(in crate::cli) fn show(args: &ShowArgs, config: &Config) -> anyhow::Result<Exit> {
    let settings = config.settings(Audience::Program);
    let loaded = load(args.policy.resolve(&settings), &config.environment)?;
    let path = text::path(&loaded.path);
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        policy::write_json(&mut out, &loaded.policy, &path)?;
    } else {
        let face = args.face.face(&config.settings(audience(args.json)), &config.environment);
        policy::write(&mut out, &loaded.policy, &path, face)?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}

/// Compares the policy with what listens, and tells by its exit code: 0 the same, 1 not, 3 not enough seen.
pub(in crate::cli) fn diff(args: &DiffArgs, config: &Config) -> anyhow::Result<Exit> {
    // The verdict is the same on a terminal and in cron.
    let settings = config.settings(Audience::Program);
    let loaded = load(args.policy.resolve(&settings), &config.environment)?;
    let path = text::path(&loaded.path).into_owned();
    let reading = args.reading.resolve(&settings);
    let (table, moment) =
        reader::read_once(&reading, Request::all(reader::judged_tables(), Ask::NOTHING), None)?;
    let comparison = compare(&loaded.policy, &table, &moment);
    let (targets, again) = (Targets::of(&comparison), reading.arguments());
    let approve = |alert: &Alert| phrase::change(Wish::Approve.word(), &targets.of_one(alert), &path, &again);
    let compared = Compared { comparison: &comparison, moment: &moment, path: &path, approve: &approve };
    let whole = loaded.policy.could_see(&moment.coverage);
    let counts = compared.counts(loaded.policy.rules.len(), whole);
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        policy::write_diff_json(&mut out, &compared, &counts)?;
    } else {
        let face = args.face.face(&config.settings(audience(args.json)), &config.environment);
        policy::write_diff(&mut out, &compared, &counts, face)?;
    }
    out.flush()?;
    notice::tell(&moment.coverage, counts.unseen > 0);
    Ok(match counts {
        Counts { gone: 1.., .. } | Counts { different: 1.., .. } | Counts { unexpected: 1.., .. } => {
            Exit::Found
        }
        Counts { unseen: 0, whole: true, .. } => Exit::Ok,
        _ => Exit::Unseen,
    })
}

/// How each listener is named in a command.
struct Targets(BTreeMap<String, usize>);

impl Targets {
    /// Counts at how many places more than one is.
    fn of(comparison: &Comparison<'_>) -> Self {
        let mut places = BTreeMap::new();
        for (alert, _) in &comparison.others {
            *places.entry(place(alert)).or_default() += 1;
        }
        Self(places)
    }

    /// Its place; where others have the same, the id of what is alerted of it.
    fn of_one(&self, alert: &Alert) -> String {
        let place = place(alert);
        if self.0.get(&place) == Some(&1) { place } else { format!("{:016x}", alert.id) }
    }
}

fn place(alert: &Alert) -> String {
    alert.socket.ends.local().map(|end| end.to_string()).unwrap_or_default()
}
