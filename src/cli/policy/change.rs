//! `sockeye policy approve` and `reject`: listeners that are there, into the policy file and out of it, after showing
//! what is written and asking.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};

use anyhow::{Context as _, ensure};

use super::{Found, find, parse, understand, write};
use crate::cli::args::ChangeArgs;
use crate::cli::choice::Choice;
use crate::cli::exit::Exit;
use crate::cli::reader::{self, Request};
use crate::cli::{complain, notice, question};
use crate::config::{Audience, Config};
use crate::model::{Ask, Row};
use crate::output::alert::listener;
use crate::policy::{
    AlertKind, Draft, Edit, EditError, HEADER, Part, Policy, Watcher, Wish, is_judged, turned,
};
use crate::store::{Moment, Table};
use crate::text::{self, counted};

/// Who is meant.
enum Meant {
    Chosen(Choice),
    /// What an alert with this id would tell of now.
    Alert(u64),
}

/// The file as it would be, and what changes.
struct Plan<'a> {
    text: Option<String>,
    policy: Policy,
    parts: Vec<Part>,
    /// There is no file yet.
    is_new: bool,
    /// The listeners of which that is, and those that need nothing.
    changed: Vec<&'a Row>,
    settled: Vec<(&'a Row, EditError)>,
}

/// Shows what would be written, asks, and writes it.
pub(in crate::cli) fn change(args: &ChangeArgs, config: &Config, wish: Wish) -> anyhow::Result<Exit> {
    let environment = &config.environment;
    let settings = config.settings(Audience::Program);
    let meant = Meant::of(&args.words)?;
    let asks = !args.yes && !args.dry_run;
    ensure!(
        !asks || question::can_be_asked(),
        "{} asks before it writes, and there is no terminal to ask on: add --yes to write without asking, or \
         --dry-run to see what would be written",
        wish.word()
    );
    let found = find(args.policy.resolve(&settings), environment)?;
    let before = parse(found.text.as_deref().unwrap_or(HEADER), &found.path)?;
    let reading = args.reading.resolve(&settings);
    let (table, moment) =
        reader::read_once(&reading, Request::all(reader::judged_tables(), Ask::NOTHING), None)?;
    let rows = meant.rows(&before, &table, &moment)?;
    notice::tell(&moment.coverage, true);
    if rows.is_empty() {
        complain("sockeye: no listener that a policy judges is meant: nothing was written");
        return Ok(Exit::Found);
    }
    let plan = plan(&rows, (&found, before.clone()), &moment, wish)?;
    for (row, why) in &plan.settled {
        complain(&format!("sockeye: {}: {why}", listener(&row.socket, &moment)));
    }
    let Some(text) = plan.text.as_deref().filter(|_| !plan.changed.is_empty()) else {
        return Ok(Exit::Ok);
    };
    let path = text::path(&found.path).into_owned();
    let others = others(&before, &plan, &table, &moment);
    let show = |out: &mut dyn Write| show(out, &plan, &others, (&path, wish), &moment);
    if args.dry_run {
        show(&mut io::stdout().lock())?;
        return Ok(Exit::Ok);
    }
    if asks {
        let mut out = BufWriter::new(io::stderr().lock());
        show(&mut out)?;
        if !question::is_answered_yes(out, &format!("Write this to {path}?"))? {
            complain("sockeye: nothing was written");
            return Ok(Exit::Error);
        }
    }
    write(&found.path, found.text.as_deref(), text, environment)
        .with_context(|| format!("cannot write the policy {path}"))?;
    let listeners = counted(plan.changed.len(), "listener", "listeners");
    writeln!(io::stdout().lock(), "{path}: {listeners} {}", wish.done())?;
    Ok(Exit::Ok)
}

/// True for the reason that nothing has to be done.
fn is_fulfilled(wish: Wish, why: &EditError) -> bool {
    match wish {
        Wish::Approve => matches!(why, EditError::Expected { .. }),
        Wish::Reject => matches!(why, EditError::NotExpected),
    }
}

impl Meant {
    /// An id is sixteen digits of base sixteen, as in JSON.
    fn of(words: &[OsString]) -> anyhow::Result<Self> {
        let id = match words {
            [word] => word.to_str().filter(|word| word.len() == 16),
            _ => None,
        };
        match id.and_then(|id| u64::from_str_radix(id, 16).ok()) {
            Some(id) => Ok(Self::Alert(id)),
            None => Choice::of(words).map(Self::Chosen),
        }
    }

    /// The listeners that are meant of those that are there.
    fn rows<'a>(
        &'a self,
        policy: &Policy,
        table: &'a Table,
        moment: &'a Moment,
    ) -> anyhow::Result<Vec<&'a Row>> {
        let mut rows = match self {
            Self::Chosen(choice) => choice.rows(table, moment),
            Self::Alert(id) => {
                let alerts = Watcher::new(policy.clone()).check(table, moment);
                let alert = alerts.into_iter().find(|alert| alert.id == *id);
                let alert = alert.with_context(|| {
                    format!(
                        "no alert of what is there now has the id {id:016x}; sockeye check --json tells them"
                    )
                })?;
                let by_rule = matches!(alert.kind, AlertKind::Rule | AlertKind::UnverifiableRule);
                ensure!(!by_rule, "that alert is of a rule: rules are changed in the file, by hand");
                ensure!(
                    alert.kind != AlertKind::ExecutableDeleted,
                    "that alert is of a program's file, which no entry can expect; start the program again, or \
                     write to the policy: ignore = [\"{}\"]",
                    AlertKind::ExecutableDeleted.word()
                );
                table.row(&alert.socket.key).into_iter().collect()
            }
        };
        rows.retain(|row| row.is_open() && is_judged(&row.socket));
        rows.sort_by_key(|row| row.socket.key);
        rows.dedup_by_key(|row| row.socket.key);
        Ok(rows)
    }
}

/// One edit after the other: what is written for the first may be enough for the next.
fn plan<'a>(
    rows: &[&'a Row],
    (found, policy): (&Found, Policy),
    moment: &Moment,
    wish: Wish,
) -> anyhow::Result<Plan<'a>> {
    let mut plan = Plan {
        text: found.text.clone(),
        policy,
        parts: Vec::new(),
        is_new: found.text.is_none(),
        changed: Vec::new(),
        settled: Vec::new(),
    };
    for row in rows {
        let draft = Draft { text: plan.text.as_deref(), policy: &plan.policy, parse: &understand };
        match draft.edit(wish, &row.socket, moment) {
            Ok(Edit { text, parts }) => {
                plan.policy = parse(&text, &found.path)?;
                plan.text = Some(text);
                plan.parts.extend(parts);
                plan.changed.push(row);
            }
            // The first of two that share an entry took it along.
            Err(why) if is_fulfilled(wish, &why) => plan.settled.push((row, why)),
            Err(why) => {
                return Err(why).with_context(|| {
                    format!(
                        "nothing was written to {} for {}",
                        text::path(&found.path),
                        listener(&row.socket, moment)
                    )
                });
            }
        }
    }
    Ok(plan)
}

/// Listeners that nobody asked about and that are judged otherwise then.
fn others<'a>(before: &Policy, plan: &Plan<'_>, table: &'a Table, moment: &Moment) -> Vec<&'a Row> {
    let asked = |row: &Row| plan.changed.iter().any(|one| one.socket.key == row.socket.key);
    turned(before, &plan.policy, table, moment).filter(|row| !asked(row)).collect()
}

/// What is to be written, for whom, and what it means for others.
fn show(
    out: &mut dyn Write,
    plan: &Plan<'_>,
    others: &[&Row],
    (path, wish): (&str, Wish),
    moment: &Moment,
) -> io::Result<()> {
    for row in &plan.changed {
        writeln!(out, "{} {}", wish.word(), listener(&row.socket, moment))?;
    }
    for Part { line, does, removed, added } in &plan.parts {
        writeln!(out, "{path}:{line}: {does}")?;
        let lines = removed.iter().map(|line| ('-', line)).chain(added.iter().map(|line| ('+', line)));
        for (sign, line) in lines {
            writeln!(out, "  {sign} {}", text::escape(line.as_bytes()))?;
        }
    }
    if plan.is_new {
        writeln!(
            out,
            "the file is new: all other listeners are unexpected then; sockeye policy learn takes them in"
        )?;
    }
    others.iter().try_for_each(|row| writeln!(out, "{}: {}", wish.spreads(), listener(&row.socket, moment)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_digits_are_an_alert_and_other_words_are_not() {
        let of = |words: &[&str]| Meant::of(&words.iter().map(OsString::from).collect::<Vec<_>>()).unwrap();
        assert!(matches!(of(&["00c0ffee00c0ffee"]), Meant::Alert(0x00c0_ffee_00c0_ffee)));
        for words in [&["8080"][..], &["c0ffee"], &["00c0ffee00c0ffeg"], &["00c0ffee00c0ffee", "80"]] {
            assert!(matches!(of(words), Meant::Chosen(Choice::Targets(_))), "{words:?}");
        }
    }
}
