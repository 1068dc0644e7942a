//! `sockeye config`: the configuration file to begin with, and what is configured where.

use std::io::{self, BufWriter, Write as _};

use clap::Args as ClapArgs;

use super::exit::Exit;
use crate::config::{Audience, Config, Counts, Environment, FileStatus, Origin, Plain, default_file};
use crate::output::settings::{self, FileView, SettingView, ValueView};
use crate::text;

#[derive(Debug, ClapArgs)]
pub(super) struct ConfigArgs {
    /// Tell every setting, where its value came from, and which files are looked at
    #[arg(long)]
    explain: bool,
    /// The same as one JSON object
    #[arg(long, requires = "explain")]
    json: bool,
}

/// Prints the default file, or explains.
pub(super) fn run(args: &ConfigArgs, environment: Environment) -> anyhow::Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    if args.explain {
        explain(&mut out, &Config::load(environment)?, args.json)?;
    } else {
        out.write_all(default_file().as_bytes())?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}

fn explain(out: &mut dyn io::Write, config: &Config, json: bool) -> io::Result<()> {
    let counting = config.settings(Audience::Person);
    let told: Vec<SettingView> = counting
        .all()
        .into_iter()
        .map(|(setting, value, origin)| SettingView {
            name: setting.key,
            written: value.to_string(),
            value: match value {
                Plain::Switch(on) => ValueView::Switch(on),
                Plain::Text(text) => ValueView::Text(text::escape(text.as_bytes()).into_owned()),
                Plain::List(texts) => ValueView::List(texts),
            },
            origin: match origin {
                Origin::Default => "default",
                Origin::File { .. } => "file",
                Origin::Variable => "variable",
            },
            file: match origin {
                Origin::File { path, .. } => Some(text::path(path).into_owned()),
                _ => None,
            },
            line: match origin {
                Origin::File { line, .. } => Some(*line),
                _ => None,
            },
            variable: setting.variable,
            counts: match setting.counts {
                Counts::Always => "always",
                Counts::ForPeople => "for-people",
            },
        })
        .collect();
    let files: Vec<FileView> = config
        .files
        .iter()
        .map(|file| FileView {
            path: text::path(&file.path).into_owned(),
            status: match file.status {
                FileStatus::Read => "read",
                FileStatus::Missing => "missing",
                FileStatus::OutOfReach => "out-of-reach",
            },
        })
        .collect();
    if json { settings::write_json(out, told, files) } else { settings::write(out, &told, &files) }
}
