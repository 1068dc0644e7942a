//! `sockeye check`: the sockets against the policy, once.

use std::io::{self, BufWriter, Write};

use anyhow::bail;

use super::args::CheckArgs;
use super::exit::Exit;
use super::reader::Request;
use super::settings::audience;
use super::{notice, policy, reader};
use crate::config::{Audience, Config};
use crate::output::alert::{self, Summary};
use crate::policy::{AlertKind, Watcher, is_judged};

/// Checks, reports and tells by its exit code: 0 clean, 1 unexpected, 3 not enough seen.
pub(super) fn run(args: &CheckArgs, config: &Config) -> anyhow::Result<Exit> {
    // The verdict is the same on a terminal and in cron.
    let settings = config.settings(Audience::Program);
    let loaded = policy::load(args.policy.resolve(&settings), &config.environment)?;
    let path = crate::text::path(&loaded.path).into_owned();
    if let Some(rule) = loaded.policy.rules.iter().find(|rule| rule.when.needs().history) {
        bail!(
            "{path}:{}: the rule {} asks for ages, rates or what is new, which a single look does not know; it \
             works in sockeye watch\nname a policy without it: --policy FILE",
            rule.line,
            rule.name
        );
    }
    let (tables, ask) = reader::judged_by(&loaded.policy);
    let rules = loaded.policy.rules.len();
    let (table, moment) =
        reader::read_once(&args.reading.resolve(&settings), Request::all(tables, ask), None)?;
    let whole = loaded.policy.could_see(&moment.coverage);
    let alerts = Watcher::new(loaded.policy).check(&table, &moment);
    let count = |kind| alerts.iter().filter(|alert| alert.kind == kind).count();
    let summary = Summary {
        listeners: table.open().filter(|row| is_judged(&row.socket)).count(),
        unexpected: count(AlertKind::Unexpected),
        unverifiable: count(AlertKind::Unverifiable),
        rules,
        matched: count(AlertKind::Rule),
        unjudged: count(AlertKind::UnverifiableRule),
        facts: AlertKind::FACTS.into_iter().map(count).sum(),
        whole,
    };
    let face = args.face.face(&config.settings(audience(args.json)), &config.environment);
    let mut out = BufWriter::new(io::stdout().lock());
    for found in &alerts {
        if args.json {
            alert::write_json(&mut out, found, &moment, &path)?;
        } else {
            alert::write_line(&mut out, found, &moment, &path, face)?;
        }
    }
    if args.json {
        alert::write_summary_json(&mut out, &summary, &moment)?;
    } else {
        alert::write_summary(&mut out, &summary, &moment)?;
    }
    out.flush()?;
    notice::tell(&moment.coverage, summary.unverifiable + summary.unjudged > 0);
    Ok(match summary {
        Summary { unexpected: 1.., .. } | Summary { matched: 1.., .. } | Summary { facts: 1.., .. } => {
            Exit::Found
        }
        Summary { unverifiable: 0, unjudged: 0, whole: true, .. } => Exit::Ok,
        _ => Exit::Unseen,
    })
}
