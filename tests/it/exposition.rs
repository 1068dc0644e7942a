//! A strict reader of the text format of Prometheus, version 0.0.4: whatever a reader could take amiss is
//! refused, so that what passes is read alike by all.

use std::collections::{BTreeMap, BTreeSet};

/// The labels of a sample by name.
pub(crate) type Labels = BTreeMap<String, String>;

/// A family: its samples stand together, behind their help and type.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) samples: Vec<(Labels, f64)>,
}

/// All that was told.
#[derive(Debug)]
pub(crate) struct Exposition(pub(crate) Vec<Family>);

impl Exposition {
    /// Reads a text that must be without fault.
    pub(crate) fn read(text: &str) -> Self {
        Self(families(text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}")))
    }

    /// The samples of a family; none when it is not told.
    pub(crate) fn of(&self, name: &str) -> &[(Labels, f64)] {
        self.0.iter().find(|family| family.name == name).map_or(&[], |family| &family.samples)
    }

    /// The sum of those samples that have these labels, among others; `None` when there is none.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let fits = |sample: &&(Labels, f64)| {
            labels.iter().all(|(label, value)| sample.0.get(*label).is_some_and(|told| told == value))
        };
        let values: Vec<f64> = self.of(name).iter().filter(fits).map(|(_, value)| *value).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }
}

fn families(text: &str) -> Result<Vec<Family>, String> {
    let lines = text.strip_suffix('\n').ok_or("the last line does not end")?;
    let mut families: Vec<Family> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut lines = lines.split('\n').peekable();
    while let Some(line) = lines.next() {
        let help = line.strip_prefix("# HELP ").ok_or_else(|| format!("no help stands before {line:?}"))?;
        let (name, help) = help.split_once(' ').ok_or_else(|| format!("help says nothing: {line:?}"))?;
        let plain = !help.contains('\\') && !help.is_empty() && help.trim() == help;
        check(plain && is_name(name, true), || format!("help with a fault: {line:?}"))?;
        check(seen.insert(name.to_owned()), || format!("{name} comes twice"))?;
        let kind = lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} ")));
        let kind = kind.ok_or_else(|| format!("no type follows the help of {name}"))?;
        check(["gauge", "counter"].contains(&kind), || format!("{name} is a {kind}"))?;
        check((kind == "counter") == name.ends_with("_total"), || {
            format!("{name} is named unlike a {kind}")
        })?;
        let mut samples: Vec<(Labels, f64)> = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let (labels, value) = line
                .strip_prefix(name)
                .and_then(|rest| sample(rest).ok())
                .ok_or_else(|| format!("no sample of {name}: {line:?}"))?;
            check(kind == "gauge" || value >= 0.0, || format!("it counts backwards: {line:?}"))?;
            check(!samples.iter().any(|(known, _)| *known == labels), || format!("twice: {line:?}"))?;
            let alike = samples.first().is_none_or(|(first, _)| first.keys().eq(labels.keys()));
            check(alike, || format!("other labels than before: {line:?}"))?;
            samples.push((labels, value));
        }
        check(!samples.is_empty(), || format!("{name} has no sample"))?;
        families.push(Family { name: name.to_owned(), kind: kind.to_owned(), samples });
    }
    Ok(families)
}

fn check(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong()) }
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`, of metrics with colons.
fn is_name(name: &str, metric: bool) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || (metric && c == ':');
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

/// What stands behind the name: labels, one blank, one number, and no timestamp.
fn sample(rest: &str) -> Result<(Labels, f64), String> {
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Labels::new(), rest),
    };
    let number = rest.strip_prefix(' ').ok_or("no blank before the number")?;
    let plain = number.chars().all(|c| c.is_ascii_digit() || ['.', '-', 'e'].contains(&c));
    let value = number.parse::<f64>().ok().filter(|value| plain && value.is_finite());
    Ok((labels, value.ok_or("no number")?))
}

/// The labels up to the closing brace, and what follows it.
fn labels(text: &str) -> Result<(Labels, &str), String> {
    let mut labels = Labels::new();
    let mut rest = text;
    loop {
        let (name, value) = rest.split_once("=\"").ok_or("a label without value")?;
        check(is_name(name, false) && !name.starts_with("__"), || format!("no label: {name:?}"))?;
        let (value, after) = quoted(value)?;
        check(labels.insert(name.to_owned(), value).is_none(), || format!("{name} twice"))?;
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Ok((labels, after.strip_prefix('}').ok_or("the labels do not end")?)),
        }
    }
}

/// A value up to its quote, its escapes undone, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.push(match chars.next() {
                Some((_, '\\')) => '\\',
                Some((_, '"')) => '"',
                Some((_, 'n')) => '\n',
                other => return Err(format!("no escape: {other:?}")),
            }),
            c => value.push(c),
        }
    }
    Err("the value does not end".to_owned())
}

#[test]
fn what_is_wrong_is_refused() {
    const HEAD: &str = "# HELP a What.\n# TYPE a gauge\n";
    for good in ["a 1\n", "a{b=\"c\"} 1.5\n", "a{b=\"\\\\ \\\" \\n\",c=\"\"} -1e9\na{b=\"\",c=\"\"} 0\n"] {
        families(&format!("{HEAD}{good}")).unwrap();
    }
    for (what, bad) in [
        ("nothing", ""),
        ("no end of line", "a 1"),
        ("an empty line", "a 1\n\n"),
        ("another name", "ab 1\n"),
        ("a timestamp", "a 1 1795195613\n"),
        ("two blanks", "a  1\n"),
        ("no number", "a x\n"),
        ("not a number", "a NaN\n"),
        ("without end", "a inf\n"),
        ("twice", "a 1\na 2\n"),
        ("twice with labels in another order", "a{b=\"\",c=\"\"} 1\na{c=\"\",b=\"\"} 2\n"),
        ("one label twice", "a{b=\"1\",b=\"2\"} 1\n"),
        ("other labels", "a{b=\"\"} 1\na{c=\"\"} 1\n"),
        ("an open quote", "a{b=\"c} 1\n"),
        ("an open brace", "a{b=\"c\" 1\n"),
        ("an escape of others", "a{b=\"\\x1b\"} 1\n"),
        ("a label with a digit first", "a{1=\"\"} 1\n"),
        ("a label of Prometheus", "a{__name__=\"\"} 1\n"),
        ("a comma at the end", "a{b=\"\",} 1\n"),
        ("a family twice", "a 1\n# HELP a What.\n# TYPE a gauge\na{b=\"\"} 1\n"),
        ("a family without type", "a 1\n# HELP b What.\nb 1\n"),
        ("a family without help", "a 1\n# TYPE b gauge\nb 1\n"),
        (
            "a gauge that is named like a counter",
            "a 1\n# HELP b_total What.\n# TYPE b_total gauge\nb_total 1\n",
        ),
        ("a counter that is not", "a 1\n# HELP b What.\n# TYPE b counter\nb 1\n"),
        ("a counter below zero", "a 1\n# HELP b_total W.\n# TYPE b_total counter\nb_total -1\n"),
    ] {
        assert!(families(&format!("{HEAD}{bad}")).is_err(), "{what} passes");
    }
}
