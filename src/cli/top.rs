//! `sockeye top [FILTER]`: the dashboard.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::args::TopArgs;
use super::exit::Exit;
use super::filter::{self, Machine};
use super::{live, memory, policy, reader};
use crate::config::{Audience, Config, Origin};
use crate::engine::{self, Hurry, Listening};
use crate::model::Ask;
use crate::output::doctor::Asker;
use crate::source::everything;
use crate::sys::{clock, file, host, rights};
use crate::text;
use crate::tui::{self, Ended};

/// How long closed sockets stay on the screen.
const KEEP_CLOSED: std::time::Duration = std::time::Duration::from_secs(3);

/// Writes what is exported into a new file, and says what came of it.
fn written(export: &tui::Export) -> String {
    let named = Path::new(export.name());
    match file::create(named, |out| export.write(out)) {
        Ok(path) => {
            format!("{} written to {}", text::counted(export.rows(), "row", "rows"), path.display())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            format!("not written: {} is there already; choose another name", named.display())
        }
        Err(error) => format!("not written: {}: {error}", named.display()),
    }
}

/// Runs the dashboard until the user quits.
pub(super) fn run(args: &TopArgs, config: &Config) -> anyhow::Result<Exit> {
    let text = filter::joined(&args.filter, args.filter_file.as_deref())?;
    let machine = Machine::default();
    filter::understood(&text, &machine)?;
    let memory = memory::recalled(args, config)?;
    let is_given = !args.filter.is_empty() || args.filter_file.is_some();
    let Config { environment, .. } = config;
    let settings = config.settings(Audience::Person);
    let interval = args.interval.resolve(&settings);
    let reading = args.reading.resolve(&settings);
    let rights = rights::ours(); // before they are given up
    // First of all: only the thread that acts keeps the rights for that.
    let acts = live::acts(&reading, args.read_only || settings.read_only.value)?;
    let policy_file = policy::watched(args.policy.resolve(&settings), &reading, environment);
    // Before the first reading, so that nothing ends between. What is heard comes with the readings: more of them would
    // cost more than a list is worth that somebody looks at.
    let (hear, hearing) = live::hear(&reading, &everything());
    let listening = Some(Listening { hear, told: hearing.clone(), hurry: Hurry::ForNothing });
    let asker = Asker { is_root: host::is_root(), rights, hearing };
    let sampler = reader::live_sampler(&reading, everything(), Ask::NOTHING, interval)?;
    let mut sampler = sampler.asking(args.runtimes.places(&settings, environment).as_ref());
    let configured = Some(settings.theme.value).filter(|_| settings.theme.origin != Origin::Default);
    let theme = args.theme.or(configured);
    let options = tui::Options {
        now: clock::now,
        theme,
        color: args.face.dashboard_colors(&settings, environment, theme.is_some()),
        ascii: args.face.is_ascii(&settings, environment),
        is_a_job: host::is_a_job(),
        asker,
        keymap: settings.keys.keymap().clone(),
        mouse: settings.mouse.value && !args.no_mouse,
        version: env!("CARGO_PKG_VERSION"),
        understand: Box::new(move |text| machine.understand(text)),
        export: Arc::new(|export: &tui::Export| written(export)),
        filter: is_given.then_some(text),
        view: args.view.clone(),
        memory,
        acts,
        policy: policy_file,
        write_policy: policy::writer(environment).context("cannot start the thread that writes")?,
    };
    let ended = tui::run(options, |ask, deliver| {
        sampler.ask(ask);
        engine::spawn(sampler, interval, KEEP_CLOSED, listening, deliver)
    })?;
    Ok(match ended {
        Ended::Quit => Exit::Ok,
        Ended::Signal(signal) => Exit::Signal(u8::try_from(signal).unwrap_or(0)),
    })
}
