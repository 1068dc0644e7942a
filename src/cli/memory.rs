//! How the dashboard was left before: read before it starts, kept once it is over.

use std::path::Path;

use super::args::TopArgs;
use super::complain;
use crate::config::{Audience, Config, state};
use crate::filter::nearest;
use crate::sys::file;
use crate::text;
use crate::tui::{Changes, Memory};

/// What is remembered, where it is to be. The view that is asked for must be there.
pub(super) fn recalled(args: &TopArgs, config: &Config) -> anyhow::Result<Memory> {
    let memory = read(args, config);
    let Some(name) = args.view.as_deref().filter(|name| memory.views().all(|view| view != *name)) else {
        return Ok(memory);
    };
    let why = match (&memory.trouble, memory.keep.is_some(), nearest(name, memory.views())) {
        (Some(trouble), ..) => format!("nothing is remembered: {trouble}"),
        (None, _, Some(near)) => format!("did you mean {}?", text::escape(near.as_bytes())),
        (None, false, None) => "this run remembers nothing, by --no-state or the setting state".to_owned(),
        (None, true, None) => {
            let names: Vec<_> = memory.views().map(|view| text::escape(view.as_bytes())).collect();
            format!("there are {}", names.join(", "))
        }
    };
    anyhow::bail!("there is no view {}: {why}", text::escape(name.as_bytes()))
}

fn read(args: &TopArgs, config: &Config) -> Memory {
    let wanted = config.settings(Audience::Person).state.value && !args.no_state;
    match config.state_file.as_deref().filter(|_| wanted) {
        None => Memory::default(),
        Some(path) => match state::read(path) {
            Ok(remembered) => Memory { remembered, trouble: None, keep: Some(keeper(path)) },
            // Who runs as somebody else often has still the home of another.
            Err(_) if file::is_out_of_reach(path) => Memory::default(),
            // What cannot be understood is not written over.
            Err(error) => Memory { trouble: Some(error.to_string()), ..Memory::default() },
        },
    }
}

fn keeper(path: &Path) -> Box<dyn FnOnce(&Changes)> {
    let path = path.to_owned();
    Box::new(move |changes| {
        if let Err(error) = state::keep(&path, changes) {
            complain(&format!("sockeye: how the dashboard was left is not remembered: {error}"));
        }
    })
}
