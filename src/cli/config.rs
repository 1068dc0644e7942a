//! `sockeye config`: the configuration file to begin with, and what is configured where.

use std::borrow::Cow;
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
    let settings = counting.all().into_iter().map(|(setting, value, origin)| {
        let counts = match setting.counts {
            Counts::Always => "always",
            Counts::ForPeople => "for-people",
        };
        let view = view(setting.key.into(), &value, origin);
        SettingView { variable: Some(setting.variable), counts, ..view }
    });
    let keys = counting.keys.configured();
    let keys = keys.map(|(action, keys, origin)| view(format!("keys.{action}").into(), &keys, origin));
    let told: Vec<SettingView> = settings.chain(keys).collect();
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

/// A setting that has no variable and counts for people.
fn view(name: Cow<'static, str>, value: &Plain, origin: &Origin) -> SettingView {
    let (origin, file, line) = match origin {
        Origin::Default => ("default", None, None),
        Origin::File { path, line } => ("file", Some(text::path(path).into_owned()), Some(*line)),
        Origin::Variable => ("variable", None, None),
    };
    SettingView {
        name,
        written: value.to_string(),
        value: match value.clone() {
            Plain::Switch(on) => ValueView::Switch(on),
            Plain::Text(text) => ValueView::Text(text::escape(text.as_bytes()).into_owned()),
            Plain::List(texts) => ValueView::List(texts),
        },
        origin,
        file,
        line,
        variable: None,
        counts: "for-people",
    }
}
