//! Settings from files and variables: which counts, what is refused and in which words.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use super::load::{Caller, Places, state_file};
use super::{Audience, Environment, Origin, SETTINGS, Settings, default_file};

const SYSTEM: &str = "/etc/sockeye/config.toml";
const OWN: &str = "/home/d/.config/sockeye/config.toml";

fn merged(files: &[(&str, &str)], variables: &[(&'static str, &str)]) -> Result<Settings, String> {
    let files: Vec<_> = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, OsString::from(value))).collect();
    Settings::merge(&files, &variables).map_err(|error| error.to_string())
}

/// A value as it would stand in a file, and where it came from.
fn told(settings: &Settings, key: &str) -> (String, String) {
    let (_, value, origin) = settings.all().into_iter().find(|(setting, ..)| setting.key == key).unwrap();
    let origin = match origin {
        Origin::Default => "default".to_owned(),
        Origin::File { path, line } => format!("{}:{line}", path.display()),
        Origin::Variable => "variable".to_owned(),
    };
    (value.to_string(), origin)
}

/// Of each setting three values that are not its default: in /etc, the user's own, in the variable.
const VALUES: &[(&str, &str, &str, &str, &str)] = &[
    ("source", "\"netlink\"", "\"procfs\"", "netlink", "\"netlink\""),
    ("owners", "\"bpf\"", "\"proc\"", "bpf", "\"bpf\""),
    ("interval", "\"2s\"", "\"250ms\"", "20ms", "\"20ms\""),
    ("policy", "\"/srv/a b\"", "\"/srv/b\"", "/srv/c", "\"/srv/c\""),
    ("all_netns", "true", "false", "1", "true"),
    ("ask_runtimes", "true", "false", "true", "true"),
    ("numeric", "true", "false", "1", "true"),
    ("columns", "[\"local\"]", "[\"local\", \"pid\"]", " owner , unit", "[\"owner\", \"unit\"]"),
    ("ascii", "true", "false", "true", "true"),
    ("color", "\"never\"", "\"always\"", "never", "\"never\""),
    ("theme", "\"dark\"", "\"light\"", "mono", "\"mono\""),
    ("mouse", "false", "true", "0", "false"),
    ("state", "false", "true", "0", "false"),
    ("read_only", "true", "false", "1", "true"),
];

#[test]
fn of_each_setting_the_nearest_counts() {
    let keys: Vec<&str> = VALUES.iter().map(|(key, ..)| *key).collect();
    assert_eq!(keys, SETTINGS.iter().map(|setting| setting.key).collect::<Vec<_>>(), "each has a row");
    for (setting, (key, system, own, variable, from_variable)) in SETTINGS.iter().zip(VALUES) {
        let default = told(&Settings::default(), key).0;
        let in_system = format!("# above\n\n{key} = {system}\n");
        let in_own = format!("{key} = {own}\n");
        for given in 0..8 {
            let has = |bit: u8| given & bit != 0;
            let files = [(SYSTEM, in_system.as_str()), (OWN, in_own.as_str())];
            let files: Vec<_> = files.into_iter().zip([1, 2]).filter(|(_, bit)| has(*bit)).collect();
            let files: Vec<_> = files.into_iter().map(|(file, _)| file).collect();
            let variables = if has(4) { vec![(setting.variable, *variable)] } else { Vec::new() };
            let expected = match given {
                0 => (default.as_str(), "default".to_owned()),
                1 => (*system, format!("{SYSTEM}:3")),
                2 | 3 => (*own, format!("{OWN}:1")),
                _ => (*from_variable, "variable".to_owned()),
            };
            let settings = merged(&files, &variables).unwrap();
            assert_eq!(told(&settings, key), (expected.0.to_owned(), expected.1), "{key}, {given:03b}");
            let others = settings.all().into_iter().filter(|(other, ..)| other.key != *key);
            assert!(others.into_iter().all(|(.., origin)| *origin == Origin::Default), "{key}");
        }
    }
}

#[test]
fn what_would_change_what_a_script_reads_counts_for_people() {
    let lines: Vec<String> = VALUES.iter().map(|(key, system, ..)| format!("{key} = {system}")).collect();
    let text = lines.join("\n");
    let settings = merged(&[(SYSTEM, &text)], &[]).unwrap();
    assert_eq!(settings.counting_for(Audience::Person), settings);
    let counting = settings.counting_for(Audience::Program);
    let counts = |key: &str| told(&counting, key).1 != "default";
    let always: Vec<_> = SETTINGS.iter().map(|setting| setting.key).filter(|key| counts(key)).collect();
    assert_eq!(always, ["source", "owners", "interval", "policy"]);
}

#[test]
fn the_default_file_says_nothing_and_all_of_it_is_the_defaults() {
    let file = default_file();
    assert_eq!(merged(&[(OWN, &file)], &[]).unwrap(), Settings::default());
    let is_setting =
        |line: &str| line.starts_with('#') && line[1..].starts_with(|c: char| c.is_alphabetic() || c == '[');
    let whole: String = file
        .lines()
        .map(|line| if is_setting(line) { &line[1..] } else { line })
        .flat_map(|line| [line, "\n"])
        .collect();
    let settings = merged(&[(OWN, &whole)], &[]).unwrap();
    for ((setting, value, origin), (_, default, _)) in
        settings.all().into_iter().zip(Settings::default().all())
    {
        assert!(matches!(origin, Origin::File { .. }), "{} is missing", setting.key);
        assert_eq!(value, default, "{}", setting.key);
        assert!(file.contains(setting.help) && file.contains(setting.variable), "{}", setting.key);
    }
}

#[test]
fn every_setting_is_named_as_its_variable_and_speaks_in_one_sentence() {
    for setting in SETTINGS {
        assert_eq!(setting.variable, format!("SOCKEYE_{}", setting.key.to_uppercase()));
        let help = setting.help;
        assert!(help.ends_with('.') && help.matches(". ").count() == 0 && help.len() < 110, "{help}");
    }
}

/// A file, and the exact words about it: lines joined by " / ", without the margin.
const BAD: &[(&str, &str)] = &[
    ("ownrs = \"proc\"", "1 | ownrs = \"proc\" / ^^^^^ there is no such setting / = did you mean `owners`?"),
    (
        "\n\nall-netns = true",
        "3 | all-netns = true / ^^^^^^^^^ there is no such setting / = did you mean `all_netns`?",
    ),
    ("Numeric = true", "1 | Numeric = true / ^^^^^^^ there is no such setting / = did you mean `numeric`?"),
    ("numeric = yes", "1 | numeric = yes / ^^^ string values must be quoted, expected literal string"),
    ("numeric = \"true\"", "1 | numeric = \"true\" / ^^^^^^ expected true or false, without quotes"),
    ("numeric = 1", "1 | numeric = 1 / ^ expected true or false, without quotes"),
    ("numeric = [true]", "1 | numeric = [true] / ^^^^^^ expected true or false, without quotes"),
    ("ascii = {}", "1 | ascii = {} / ^^ expected true or false, without quotes"),
    #[cfg(not(feature = "portable"))]
    (
        "source = \"netlnk\"",
        "1 | source = \"netlnk\" / ^^^^^^^^ expected auto, netlink or procfs / = did you mean \"netlink\"?",
    ),
    #[cfg(not(feature = "portable"))]
    (
        "source = \"scenario:x\"",
        "1 | source = \"scenario:x\" / ^^^^^^^^^^^^ expected auto, netlink or procfs / = a scenario is for single runs: sockeye --source scenario:FILE",
    ),
    #[cfg(not(feature = "portable"))]
    (
        "source = \"portable\"",
        "1 | source = \"portable\" / ^^^^^^^^^^ expected auto, netlink or procfs / = this sockeye was built without it; --source portable tells how to get it",
    ),
    #[cfg(not(feature = "portable"))]
    ("source = true", "1 | source = true / ^^^^ expected \"auto\", \"netlink\" or \"procfs\""),
    #[cfg(not(feature = "portable"))]
    ("source = \"\"", "1 | source = \"\" / ^^ expected auto, netlink or procfs"),
    (
        "owners = \"none\"",
        "1 | owners = \"none\" / ^^^^^^ expected auto, bpf or proc / = leaving owners out is for single runs: sockeye --owners none",
    ),
    ("owners = \"all\"", "1 | owners = \"all\" / ^^^^^ expected auto, bpf or proc"),
    ("owners = [\"bpf\"]", "1 | owners = [\"bpf\"] / ^^^^^^^ expected \"auto\", \"bpf\" or \"proc\""),
    (
        "interval = 2",
        "1 | interval = 2 / ^ expected a time such as \"500ms\", \"2s\" or \"1m\", between 10ms and 1d",
    ),
    (
        "interval = \"2\"",
        "1 | interval = \"2\" / ^^^ expected a time such as 500ms, 2s or 1m, between 10ms and 1d",
    ),
    (
        "interval = \"1ms\"",
        "1 | interval = \"1ms\" / ^^^^^ expected a time such as 500ms, 2s or 1m, between 10ms and 1d",
    ),
    (
        "interval = \"-1s\"",
        "1 | interval = \"-1s\" / ^^^^^ expected a time such as 500ms, 2s or 1m, between 10ms and 1d",
    ),
    (
        "interval = 00:00:01",
        "1 | interval = 00:00:01 / ^^^^^^^^ expected a time such as \"500ms\", \"2s\" or \"1m\", between 10ms and 1d",
    ),
    (
        "columns = \"local\"",
        "1 | columns = \"local\" / ^^^^^^^ expected a list of fields such as [\"local\", \"owner\"]",
    ),
    (
        "columns = [\"local\", 7]",
        "1 | columns = [\"local\", 7] / ^ expected a list of fields such as [\"local\", \"owner\"]",
    ),
    (
        "columns = [\n  \"local\",\n  \"ownr\",\n]",
        "3 |   \"ownr\", / ^^^^^^ there is no such field / = did you mean \"owner\"?",
    ),
    (
        "columns = [\"help\"]",
        "1 | columns = [\"help\"] / ^^^^^^ there is no such field / = sockeye --columns help lists them all",
    ),
    (
        "color = \"allways\"",
        "1 | color = \"allways\" / ^^^^^^^^^ expected auto, always or never / = did you mean \"always\"?",
    ),
    ("color = true", "1 | color = true / ^^^^ expected \"auto\", \"always\" or \"never\""),
    (
        "policy = \"policy.toml\"",
        "1 | policy = \"policy.toml\" / ^^^^^^^^^^^^^ expected the whole path of a file, such as \"/etc/sockeye/policy.toml\"",
    ),
    (
        "policy = \"~/p.toml\"",
        "1 | policy = \"~/p.toml\" / ^^^^^^^^^^ expected the whole path of a file, such as \"/etc/sockeye/policy.toml\"",
    ),
    (
        "policy = \"/a\\u0000b\"",
        "1 | policy = \"/a\\\\u0000b\" / ^^^^^^^^^^^^ expected the whole path of a file, such as \"/etc/sockeye/policy.toml\"",
    ),
    (
        "policy = 7",
        "1 | policy = 7 / ^ expected the whole path of a file, such as \"/etc/sockeye/policy.toml\"",
    ),
    ("[key]\nx = 1", "1 | [key] / ^^^ there is no such setting / = did you mean `keys`?"),
    (
        "keys = \"vi\"",
        "1 | keys = \"vi\" / ^^^^ expected a table: [keys], and below it such as freeze = [\"f\", \"Ctrl-F\"]",
    ),
    (
        "[keys]\nq = [\"quit\"]",
        "2 | q = [\"quit\"] / ^ there is no such action / = sockeye config names them all",
    ),
    (
        "[keys]\nfreze = [\"f\"]",
        "2 | freze = [\"f\"] / ^^^^^ there is no such action / = did you mean `freeze`?",
    ),
    (
        "[keys]\nnext_view = [\"f\"]",
        "2 | next_view = [\"f\"] / ^^^^^^^^^ there is no such action / = did you mean `next-view`?",
    ),
    (
        "[keys]\nfreeze = \"f\"",
        "2 | freeze = \"f\" / ^^^ expected a list of keys such as [\"f\", \"Ctrl-F\"], or [] for none",
    ),
    (
        "keys.freeze = [\"x\", 7]",
        "1 | keys.freeze = [\"x\", 7] / ^ expected a list of keys such as [\"f\", \"Ctrl-F\"], or [] for none",
    ),
    (
        "[keys]\nfreeze = [\"entr\"]",
        "2 | freeze = [\"entr\"] / ^^^^^^ there is no such key / = did you mean \"Enter\"?",
    ),
    (
        "[keys]\nfreeze = [\"Alt-F\"]",
        "2 | freeze = [\"Alt-F\"] / ^^^^^^^ there is no such key / = keys are such as x, X, Ctrl-U, Enter, Esc, Tab, Shift-Tab, Space, Up, PgDn and F1",
    ),
    (
        "[keys]\nfreeze = [\"\u{202e}\"]",
        "2 | freeze = [\"\\u{202e}\"] / ^^^^^^^^^^ there is no such key / = keys are such as x, X, Ctrl-U, Enter, Esc, Tab, Shift-Tab, Space, Up, PgDn and F1",
    ),
    (
        "[keys]\nfreeze = [\"Ctrl-I\"]",
        "2 | freeze = [\"Ctrl-I\"] / ^^^^^^^^ a terminal cannot tell it from Tab",
    ),
    (
        "[keys]\nkeep-filter = [\"x\"]",
        "2 | keep-filter = [\"x\"] / ^^^ where a text is typed, it is a letter of it",
    ),
    ("[keys]\nfreeze = [\"x\", \"x\"]", "2 | freeze = [\"x\", \"x\"] / ^^^ it stands in this list already"),
    (
        "[keys]\nfreeze = [\"s\"]",
        "2 | freeze = [\"s\"] / ^^^ s is a key of next-sort, too / = free it with next-sort = [\">\"]",
    ),
    (
        "[keys]\nunix = [\"z\"]\nfreeze = [\"f\", \"z\"]",
        "3 | freeze = [\"f\", \"z\"] / ^^^ z is a key of unix, too / = free it with unix = []",
    ),
    (
        "[keys]\nquit = []",
        "2 | quit = [] / ^^^^ without a key the dashboard could not be left / = by default: quit = [\"q\", \"Ctrl-C\"]",
    ),
    (
        "[keys]\nfreeze = [\"\"]\nunyx = []\n[kees]",
        "2 | freeze = [\"\"] / ^^ there is no such key / = keys are such as x, X, Ctrl-U, Enter, Esc, Tab, Shift-Tab, Space, Up, PgDn and F1 / 3 | unyx = [] / ^^^^ there is no such action / = did you mean `unix`? / 4 | [kees] / ^^^^ there is no such setting / = did you mean `keys`?",
    ),
    ("numeric.on = true", "1 | numeric.on = true / ^^^^^^^ expected true or false, without quotes"),
    ("numeric = true\nnumeric = false", "2 | numeric = false / ^^^^^^^ duplicate key"),
    ("numeric", "1 | numeric / ^ key with no value, expected `=`"),
    ("numeric = ", "1 | numeric =  / ^ string values must be quoted, expected literal string"),
    ("[source", "1 | [source / ^ unclosed table, expected `]`"),
    ("source = \"auto", "1 | source = \"auto / ^ invalid basic string, expected `\"`"),
    (
        "\"\\u001b[2J\" = 1",
        "1 | \"\\\\u001b[2J\" = 1 / ^^^^^^^^^^^^ there is no such setting / = there are source, owners, interval, policy, all_netns, ask_runtimes, numeric, columns, ascii, color, theme, mouse, state, read_only and keys; sockeye config tells what each is",
    ),
    (
        "# \u{1b}[2J\nowners = \"x\"",
        "1 | # \\x1b[2J / ^ invalid comment character, expected printable characters",
    ),
    (
        "owners = \"\u{202e}corp\"",
        "1 | owners = \"\\u{202e}corp\" / ^^^^^^^^^^^^^^ expected auto, bpf or proc",
    ),
    (
        "ownrs = 1\nnumeric = 2",
        "1 | ownrs = 1 / ^^^^^ there is no such setting / = did you mean `owners`? / 2 | numeric = 2 / ^ expected true or false, without quotes",
    ),
];

#[test]
fn what_is_wrong_in_a_file_is_said_at_its_place() {
    assert!(BAD.len() >= 25);
    let mut wrong = Vec::new();
    for (text, words) in BAD {
        let error = merged(&[(OWN, text)], &[]).expect_err(text);
        let (head, mistakes) = error.split_once('\n').unwrap();
        assert_eq!(head, format!("the configuration {OWN} is not valid"));
        let lines: Vec<_> = mistakes.lines().map(|line| line.trim_start_matches([' ', '|'])).collect();
        let told = lines.join(" / ");
        if told != *words {
            wrong.push(format!("{text:?}\n  is {told}\n  not {words}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_wrong_in_a_variable_is_said_at_its_place() {
    let variable = |name: &'static str, value: &[u8]| {
        let value = OsString::from_vec(value.to_vec());
        Settings::merge(&[], &[(name, value)]).unwrap_err().to_string()
    };
    let head = |name| format!("the environment variable {name} cannot be understood\n");
    for (name, value, words) in [
        ("SOCKEYE_NUMERIC", &b"yes"[..], "   1 | yes\n     | ^^^ expected true or false"),
        (
            "SOCKEYE_COLUMNS",
            b"local, ownr",
            "   1 | local, ownr\n     |        ^^^^ there is no such field\n     = did you mean \"owner\"?",
        ),
        ("SOCKEYE_COLOR", b"\x1b[2J", "   1 | \\x1b[2J\n     | ^^^^^^^ expected auto, always or never"),
        ("SOCKEYE_POLICY", b"/x\xff", "   1 | /x\u{fffd}\n     | ^^^ this is not UTF-8 text"),
        (
            "SOCKEYE_INTERVAL",
            b"soon",
            "   1 | soon\n     | ^^^^ expected a time such as 500ms, 2s or 1m, between 10ms and 1d",
        ),
    ] {
        assert_eq!(variable(name, value), head(name) + words);
    }
}

#[test]
fn which_files_count() {
    let environment = |variables: &[(&str, &str)]| {
        Environment::from(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value))
        })
    };
    let (user, root) = ((false, false), (true, false));
    let raised = (true, true);
    for (variables, (is_root, is_raised), files, named) in [
        (&[("HOME", "/home/d")][..], user, &[SYSTEM, OWN][..], false),
        (&[("HOME", "/home/d"), ("XDG_CONFIG_HOME", "/x")], user, &[SYSTEM, "/x/sockeye/config.toml"], false),
        (&[("HOME", "home"), ("XDG_CONFIG_HOME", "x")], user, &[SYSTEM], false),
        (&[], user, &[SYSTEM], false),
        (&[("HOME", "/root")], root, &[SYSTEM, "/root/.config/sockeye/config.toml"], false),
        // sudo, which left HOME or XDG_CONFIG_HOME as they were
        (&[("HOME", "/home/d"), ("SUDO_UID", "7")], root, &[SYSTEM, "/r/.config/sockeye/config.toml"], false),
        (
            &[("XDG_CONFIG_HOME", "/x"), ("SUDO_UID", "7")],
            root,
            &[SYSTEM, "/r/.config/sockeye/config.toml"],
            false,
        ),
        // sudo -u somebody
        (&[("HOME", "/home/d"), ("SUDO_UID", "7")], user, &[SYSTEM, OWN], false),
        (&[("HOME", "/home/d"), ("SOCKEYE_CONFIG", "/y.toml")], user, &["/y.toml"], true),
        (&[("SOCKEYE_CONFIG", "y.toml"), ("SUDO_UID", "7")], root, &["y.toml"], true),
        (&[("HOME", "/home/d"), ("SOCKEYE_CONFIG", "")], user, &[], true),
        (&[("HOME", "/home/d"), ("SOCKEYE_CONFIG", "/etc/shadow")], raised, &[SYSTEM], false),
        (&[("HOME", "/home/d")], raised, &[SYSTEM], false),
    ] {
        let caller = Caller { is_root, is_raised, home_of_root: Some("/r".into()) };
        let files = files.iter().map(PathBuf::from).collect();
        assert_eq!(Places::of(&environment(variables), &caller), Places { files, named }, "{variables:?}");
    }
}

#[test]
fn what_is_remembered_has_its_place_in_the_home_of_who_runs_it() {
    let (user, root, raised) = ((false, false), (true, false), (true, true));
    for (variables, (is_root, is_raised), place) in [
        (&[("HOME", "/home/d")][..], user, Some("/home/d/.local/state/sockeye/dashboard.toml")),
        (&[("HOME", "/home/d"), ("XDG_STATE_HOME", "/x")], user, Some("/x/sockeye/dashboard.toml")),
        (&[("HOME", "home"), ("XDG_STATE_HOME", "x")], user, None),
        (&[], user, None),
        (&[("HOME", "/root")], root, Some("/root/.local/state/sockeye/dashboard.toml")),
        // sudo, which left HOME or XDG_STATE_HOME as they were
        (&[("HOME", "/home/d"), ("SUDO_UID", "7")], root, Some("/r/.local/state/sockeye/dashboard.toml")),
        (
            &[("XDG_STATE_HOME", "/x"), ("SUDO_UID", "7")],
            root,
            Some("/r/.local/state/sockeye/dashboard.toml"),
        ),
        (&[("HOME", "/home/d")], raised, None),
    ] {
        let environment = Environment::from(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value))
        });
        let caller = Caller { is_root, is_raised, home_of_root: Some("/r".into()) };
        assert_eq!(state_file(&environment, &caller), place.map(PathBuf::from), "{variables:?}");
    }
}

#[test]
fn variables_of_settings_are_noted_when_they_say_something() {
    let noted = Environment::from(|name| match name {
        "SOCKEYE_SOURCE" => Some("procfs".into()),
        "SOCKEYE_OWNERS" => Some(OsString::new()),
        _ => None,
    });
    assert_eq!(noted.settings, [("SOCKEYE_SOURCE", OsString::from("procfs"))]);
    assert_eq!(noted.config_file, None);
}

#[test]
fn keys_of_the_nearer_file_count_action_by_action() {
    let system = "[keys]\nfreeze = ['z']\nunix = []\n";
    let own = "# mine\n[keys]\nunix = ['ctrl-f', 'F5']\nhelp = ['f'] # freeze has left it\n";
    let settings = merged(&[(SYSTEM, system), (OWN, own)], &[]).unwrap();
    let told = settings.keys.configured().map(|(action, keys, origin)| {
        let Origin::File { path, line } = origin else { panic!("{origin:?}") };
        format!("{action} {keys} {}:{line}", path.display())
    });
    let expected = [
        format!("freeze [\"z\"] {SYSTEM}:2"),
        format!("help [\"f\"] {OWN}:4"),
        format!("unix [\"Ctrl-F\", \"F5\"] {OWN}:3"),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(settings.keys.keymap().names_of("quit"), ["q", "Ctrl-C"], "what nobody named stays");
    let clash = merged(&[(SYSTEM, system), (OWN, "[keys]\nhelp = ['z']")], &[]).unwrap_err();
    assert!(clash.starts_with(&format!("the configuration {OWN} is not valid")), "{clash}");
    assert!(clash.contains("z is a key of freeze, too"), "{clash}");
    let swapped = merged(&[(OWN, "[keys]\nfreeze = ['m']\ncompare = ['f']")], &[]).unwrap();
    assert_eq!(swapped.keys.keymap().names_of("compare"), ["f"], "both at once are no clash");
    assert_eq!(settings.counting_for(Audience::Program).keys, Settings::default().keys);
}
