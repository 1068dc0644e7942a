//! `sockeye completions`: options, commands, and the words of filters, for shells.
//!
//! The words come from the filter language and the field registry; no list of them is kept here.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, CommandFactory as _, ValueEnum};
use clap_complete::aot;

use super::args::Args;
use super::exit::Exit;
use crate::filter;
use crate::model::field;

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// A shell that completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script for the shell.
pub(super) fn run(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let script = script(args.shell)?;
    let mut out = io::stdout().lock();
    out.write_all(script.as_bytes())?;
    out.flush()?;
    Ok(Exit::Ok)
}

fn script(shell: Shell) -> anyhow::Result<String> {
    Ok(match shell {
        Shell::Bash => bash(&generated(aot::Shell::Bash, completed())?),
        Shell::Zsh => zsh(&generated(aot::Shell::Zsh, without_filter())?),
        Shell::Fish => fish(&generated(aot::Shell::Fish, without_filter())?),
    })
}

/// What clap has for the shell. It goes to memory first: while it is made, writing may not fail.
fn generated(shell: aot::Shell, mut command: clap::Command) -> anyhow::Result<String> {
    let mut script = Vec::new();
    aot::generate(shell, &mut command, "sockeye", &mut script);
    Ok(String::from_utf8(script)?)
}

/// Every word with which a part of a filter may begin.
fn words() -> BTreeSet<&'static str> {
    filter::flags().chain(filter::names()).chain(["exclude", "autobound", "not"]).collect()
}

/// The arguments, and what may stand in them. When they are read, more may: texts, values, lists.
fn completed() -> clap::Command {
    let fields = || field::all().map(|field| PossibleValue::new(field.key).help(field.help));
    let offer =
        |words: Vec<PossibleValue>| move |arg: Arg| arg.value_parser(PossibleValuesParser::new(words));
    Args::command()
        .mut_arg("columns", offer(fields().chain([PossibleValue::new("help")]).collect()))
        .mut_arg("sort", offer(fields().collect()))
        .mut_arg("filter", offer(words().into_iter().map(PossibleValue::new).collect()))
}

/// The same without the filter. In the script for zsh it would stand where the commands do, and the one
/// for fish knows only options.
fn without_filter() -> clap::Command {
    let all = completed();
    clap::Command::new("sockeye")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(all.get_arguments().filter(|arg| !arg.is_positional()))
        .subcommands(all.get_subcommands())
}

/// Options whose value is a list of fields, in which each may have a minus.
const LISTS: [&str; 2] = ["columns", "sort"];

/// With lists of fields: what stands before the last comma or minus stays.
fn bash(script: &str) -> String {
    let part = "${cur##*[,-]}";
    LISTS.iter().fold(script.to_owned(), |script, option| {
        let head = format!("--{option})\n                    COMPREPLY=($(compgen ");
        let Some((before, rest)) = script.split_once(&head) else { return script };
        let rest = rest.replacen("-- \"${cur}\"", &format!("-- \"{part}\""), 1);
        format!("{before}{head}-P \"${{cur%\"{part}\"}}\" {rest}")
    })
}

/// With another offer in place of the fields that clap lists: from the first of them, with what opens the
/// list, to its `end`.
fn with_lists(
    script: &str,
    place: impl Fn(&str) -> String,
    end: &str,
    offer: impl Fn(&str) -> String,
) -> String {
    let first = field::all().next().map_or("", |field| field.key);
    LISTS.iter().fold(script.to_owned(), |script, option| {
        let place = place(option);
        let parts =
            script.split_once(&place).and_then(|(before, rest)| Some((before, rest.split_once(end)?)));
        let Some((before, (option_and_fields, after))) = parts else { return script };
        let told = option_and_fields.split(&format!("{first}\\")).next().unwrap_or_default();
        let told = told.trim_end_matches(['(', '"']);
        let offered = offer(if *option == "columns" { " help" } else { "" });
        format!("{before}{place}{told}{offered}{after}")
    })
}

/// A text in the single quotes of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The same for fish, to which a backslash counts within.
fn fish_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// With a filter where a command could stand, and after its first word.
fn zsh(script: &str) -> String {
    let script = with_lists(
        script,
        |option| format!("--{option}=["),
        "))' \\\n",
        |more| format!(" _sockeye_fields{more}' \\\n"),
    );
    let fields = field::all().map(|field| quoted(&format!("{}:{}", field.key, field.help)));
    let fields = format!(
        "_sockeye_fields() {{\n    local -a known; known=({} $@)\n    compset -P '*[,-]'\n    \
         _describe -t fields 'field' known\n}}\n",
        fields.collect::<Vec<_>>().join(" ")
    );
    let words: Vec<_> = words().into_iter().collect();
    let offered = format!(
        "{fields}_sockeye_words() {{\n    local expl; local -a known; known=({})\n    \
         _wanted filters expl 'filter' compadd -a known\n}}\n\
         _sockeye_first() {{\n    _sockeye_commands\n    _sockeye_words\n}}\n\n",
        words.join(" ")
    );
    let commands = "(( $+functions[_sockeye_commands] )) ||";
    let end = "        esac\n    ;;\nesac\n}\n\n";
    script.replacen("\":: :_sockeye_commands\"", "\":: :_sockeye_first\"", 1).replacen(
        &format!("{end}{commands}"),
        &format!("(*) _sockeye_words ;;\n{end}{offered}{commands}"),
        1,
    )
}

/// With the words of filters, and with the values that stand alone.
fn fish(script: &str) -> String {
    let script = with_lists(
        script,
        |option| format!("-l {option} -d "),
        "'\"\n",
        |more| format!("\"(__sockeye_fields){more}\"\n"),
    );
    let fields = field::all().map(|field| format!("{} {}", field.key, fish_quoted(field.help)));
    let fields = format!(
        "function __sockeye_fields\n    set -l before (commandline -ct | string replace -r -- '^--[a-z]+=' '' | \
         string match -r -- '.*[,-]')\n    printf \"$before%s\\t%s\\n\" {}\nend\n",
        fields.collect::<Vec<_>>().join(" ")
    );
    let commands: Vec<_> =
        Args::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let words: Vec<_> = words().into_iter().collect();
    let commands = commands.join(" ");
    // Of an option whose value is being typed fish would say that it is none, and of every word of a
    // filter that it is a command.
    let script = script.replacen("    or return\n", "    or return 0\n", 1).replacen(
        "    if set -q argv[1]\n",
        &format!("    if contains -- \"$argv[1]\" {commands}\n"),
        1,
    );
    format!(
        "{fields}{script}complete -c sockeye -n \"__fish_sockeye_needs_command\" -f -a \"{}\"\n\
         complete -c sockeye -n \"__fish_sockeye_using_subcommand completions\" -f -a \"bash zsh fish\"\n",
        words.join(" ")
    )
}
