//! `sockeye assert FILTER`: whether there is such a socket, or none, as an exit code. One look.

use super::args::AssertArgs;
use super::claim::{Answer, Tally};
use super::claimed::Claimed;
use super::exit::Exit;
use super::notice;
use super::reader::{self, Request};
use super::selection::Selection;
use crate::config::Config;

pub(super) fn run(args: &AssertArgs, config: &Config) -> anyhow::Result<Exit> {
    let claim = args.sockets.claim(args.none);
    let claimed = Claimed::of(&args.sockets, claim, config, Selection::of)?;
    let selection = &claimed.selection;
    let (sockets, moment) = reader::read_once(&claimed.reading(), Request::of(selection), None)?;
    let tally = Tally::of(&sockets, &moment, selection);
    let answer = claim.answer(&tally);
    claimed.print(&sockets, &moment)?;
    if !claimed.is_quiet() || answer == Answer::Unknown {
        notice::tell(&moment.coverage, claimed.looks_at_owners());
    }
    claimed.say(&tally, &moment, "");
    Ok(answer.into())
}
