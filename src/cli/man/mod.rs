//! `sockeye man`: the manual page. Options and commands come from the arguments, the rest is in `text`.

mod text;

use std::io::{self, Write as _};

use clap::{Arg, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::args::Args;
use super::exit::Exit;
use crate::config::{self, Counts};
use text::Part;

/// Prints the page.
pub(super) fn run() -> anyhow::Result<Exit> {
    let page = page()?;
    let mut out = io::stdout().lock();
    out.write_all(&page)?;
    out.flush()?;
    Ok(Exit::Ok)
}

fn page() -> io::Result<Vec<u8>> {
    let mut arguments = Args::command();
    arguments.build();
    let man = Man::new(arguments.clone());
    let mut out = Vec::new();
    // No date: the page would never be current.
    writeln!(out, ".TH SOCKEYE 1 \"\" \"sockeye {}\" \"User Commands\"", env!("CARGO_PKG_VERSION"))?;
    man.render_name_section(&mut out)?;
    synopsis().to_writer(&mut out)?;
    man.render_description_section(&mut out)?;
    out.extend_from_slice(options(&man)?.as_bytes());
    Roff::new().control("SH", ["COMMANDS"]).to_writer(&mut out)?;
    for command in arguments.get_subcommands() {
        commands(&mut out, command, &arguments)?;
    }
    for (head, parts) in text::SECTIONS {
        section(head, parts).to_writer(&mut out)?;
    }
    without_preambles(&out)
}

/// The two forms of a command line.
fn synopsis() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([bold("sockeye"), roman(" [OPTIONS] [FILTER]")]).control("br", []);
    roff.text([bold("sockeye"), roman(" COMMAND [OPTIONS]")]);
    roff
}

/// A command, with the options that listings do not have, and the commands within it.
fn commands(out: &mut Vec<u8>, command: &clap::Command, listing: &clap::Command) -> io::Result<()> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut head = Roff::new();
    head.control("SS", [name]);
    if let Some(about) = command.get_about() {
        head.text([roman(format!("{about}."))]);
    }
    head.to_writer(out)?;
    let told = |arg: &Arg| listing.get_arguments().any(|known| known.get_id() == arg.get_id());
    let own = command.clone().mut_args(|arg| {
        let told = told(&arg);
        arg.hide(told)
    });
    // The headings stand above the options of listings.
    let options = options(&Man::new(own))?;
    let lines = options.lines().filter(|line| !line.starts_with(".S"));
    lines.for_each(|line| out.extend_from_slice(format!("{line}\n").as_bytes()));
    command.get_subcommands().try_for_each(|inner| commands(out, inner, listing))
}

/// The section of the options, in which what the help calls headings are headings within it.
fn options(man: &Man) -> io::Result<String> {
    let mut section = Vec::new();
    man.render_options_section(&mut section)?;
    let section = String::from_utf8(section).map_err(io::Error::other)?;
    let line = |line: &str| match line.strip_prefix(".SH ").map(|head| head.trim_matches('"')) {
        Some("OPTIONS") | None => format!("{line}\n"),
        Some(head) => format!(".SS \"{}{}\"\n", &head[..1], head[1..].to_lowercase()),
    };
    Ok(section.lines().map(line).collect())
}

fn section(head: &str, parts: &[Part]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [head]);
    for part in parts {
        match part {
            Part::Text(text) => roff.control("PP", []).text([roman(*text)]),
            Part::Item(name, text) => roff.control("TP", []).text([bold(*name)]).text([roman(*text)]),
            Part::Example(line, text) => {
                roff.control("PP", []).text([roman(*text)]).control("PP", []).control("RS", ["4"]);
                roff.control("nf", []).text([roman(*line)]).control("fi", []).control("RE", [])
            }
            Part::Settings => settings(&mut roff),
            Part::See(pages) => roff.control("PP", []).text(see(pages)),
        };
    }
    roff
}

/// Each with its default, its variable, and whether it counts everywhere.
fn settings(roff: &mut Roff) -> &mut Roff {
    for (setting, default, _) in config::Settings::default().all() {
        let people = if setting.counts == Counts::ForPeople { " For people." } else { "" };
        let told = format!("{}{people} In the environment: {}.", setting.help, setting.variable);
        let written = format!("{} = {default}", setting.key);
        roff.control("TP", []).text([bold(written)]).text([roman(told)]);
    }
    roff
}

/// Other pages as manuals name them.
fn see(pages: &[(&str, &str)]) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for (at, (name, number)) in pages.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        inlines.extend([roman(comma), bold(*name), roman(format!("({number})"))]);
    }
    inlines
}

/// Every part brings the definition of its apostrophe; one is enough.
fn without_preambles(page: &[u8]) -> io::Result<Vec<u8>> {
    let page = std::str::from_utf8(page).map_err(io::Error::other)?;
    let mut preamble = Vec::new();
    let mut rest = Vec::new();
    for line in page.lines() {
        let defines = line.contains(" .ds Aq ") || line.contains(".ds Aq ");
        match (defines, preamble.len()) {
            (true, 0 | 1) => preamble.push(line),
            (true, _) => {}
            (false, _) => rest.push(line.trim_end()),
        }
    }
    let lines: Vec<&str> = preamble.into_iter().chain(rest).filter(|line| !line.is_empty()).collect();
    Ok((lines.join("\n") + "\n").into_bytes())
}
