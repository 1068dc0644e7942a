//! A configuration file: TOML in, settings out, every mistake with its place. Opens nothing.

use std::path::Path;

use toml::de::DeTable;

use super::keys;
use super::setting::{Origin, SETTINGS, Settings};
use super::value::{Wrong, listed};
use crate::filter::nearest;
use crate::text;

/// Takes the settings of a file; the error shows every mistake with its line.
pub(super) fn take(settings: &mut Settings, path: &Path, text: &str) -> Result<(), String> {
    let table = DeTable::parse(text).map_err(|error| {
        // The message as toml writes it shows the line as it is, whatever a terminal makes of it.
        let span = error.span().unwrap_or_default();
        shown(text, &[Wrong::new(span, text::escape(error.message().as_bytes()))])
    })?;
    let mut wrongs = Vec::new();
    let origin = |at| Origin::File { path: path.to_owned(), line: text::line_of(text, at) };
    for (key, value) in table.get_ref() {
        if key.get_ref() == keys::TABLE {
            wrongs.extend(settings.keys.take(value, origin).err().unwrap_or_default());
            continue;
        }
        match settings.set(key.get_ref(), value, origin(key.span().start)) {
            Some(Ok(())) => {}
            Some(Err(wrong)) => wrongs.push(wrong),
            None => wrongs.push(unknown(key.get_ref(), key.span())),
        }
    }
    wrongs.sort_by_key(|wrong| wrong.span.start);
    if wrongs.is_empty() { Ok(()) } else { Err(shown(text, &wrongs)) }
}

fn unknown(key: &str, span: std::ops::Range<usize>) -> Wrong {
    let keys: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).chain([keys::TABLE]).collect();
    let advice = match nearest(&key.replace('-', "_"), keys.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}; sockeye config tells what each is", listed(&keys, "and")),
    };
    Wrong::new(span, "there is no such setting").advise(Some(advice))
}

/// The mistakes, each below its line.
pub(super) fn shown(text: &str, wrongs: &[Wrong]) -> String {
    let point = |wrong: &Wrong| {
        let advice = wrong.advice.as_ref().map_or_else(String::new, |advice| format!("\n     = {advice}"));
        text::point(text, wrong.span.clone(), &wrong.what) + &advice
    };
    wrongs.iter().map(point).collect::<Vec<_>>().join("\n")
}
