//! The text of the file: TOML, with a version. Pure; no text makes it panic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text;
use crate::tui::{Arranged, Ordered, Remembered, SavedView};

/// A file of another version is of a newer sockeye.
pub(super) const VERSION: i64 = 1;

const HEAD: &str = "\
# How the dashboard of sockeye was left, so that it begins so again: written anew whenever it is left and something
# was changed. Remove the file to begin as at first; sockeye top --no-state neither reads nor writes it.
";

/// Why a text is not understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Newer(i64),
    /// In that line, counted from 1.
    At(usize, String),
}

/// The file as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    filter: String,
    #[serde(default, skip_serializing_if = "is_off")]
    unexpected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<String>,
    /// Those that were kept before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filters: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    views: BTreeMap<String, View>,
    /// By the names that they were given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    saved: BTreeMap<String, Saved>,
}

/// A view that was saved. Its keys are those of a view, beside what it shows: serde would not refuse unknown ones, were
/// one flattened into the other.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    view: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    filter: String,
    #[serde(default, skip_serializing_if = "is_off")]
    unexpected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<String>,
    #[serde(default, skip_serializing_if = "is_off")]
    reversed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folded: Option<bool>,
}

/// How one view is arranged.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct View {
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<String>,
    #[serde(default, skip_serializing_if = "is_off")]
    reversed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folded: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_off(switch: &bool) -> bool {
    !switch
}

/// What the text says.
pub(super) fn decode(text: &str) -> Result<Remembered, Wrong> {
    let at = |span: Option<std::ops::Range<usize>>, what: &str| {
        let line = text::line_of(text, span.unwrap_or_default().start);
        Wrong::At(line, text::escape(what.as_bytes()).into_owned())
    };
    let table = DeTable::parse(text).map_err(|error| at(error.span(), error.message()))?;
    let version = table.get_ref().get("version");
    match version.map(Spanned::get_ref).and_then(number) {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => return Err(Wrong::Newer(newer)),
        _ => return Err(at(version.map(Spanned::span), "expected version = 1")),
    }
    let file: File = toml::from_str(text).map_err(|error| at(error.span(), error.message()))?;
    Ok(file.into())
}

fn number(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// The text that says it.
pub(super) fn encode(remembered: &Remembered) -> String {
    let Remembered { view, filter, unexpected, theme, views, filters, saved } = remembered.clone();
    let views = views.into_iter().map(|(name, arranged)| (name, arranged.into())).collect();
    let saved = saved.into_iter().map(|(name, saved)| (name, saved.into())).collect();
    let file = File { version: VERSION, view, filter, unexpected, theme, filters, views, saved };
    let written = toml::to_string(&file);
    debug_assert!(written.is_ok(), "texts, numbers and tables can always be written: {written:?}");
    format!("{HEAD}{}", written.unwrap_or_default())
}

impl From<File> for Remembered {
    fn from(file: File) -> Self {
        let File { version: _, view, filter, unexpected, theme, filters, views, saved } = file;
        let views = views.into_iter().map(|(name, view)| (name, view.into())).collect();
        let saved = saved.into_iter().map(|(name, saved)| (name, saved.into())).collect();
        Self { view, filter, unexpected, theme, views, filters, saved }
    }
}

impl From<View> for Arranged {
    fn from(view: View) -> Self {
        let View { columns, sort, reversed, group, folded } = view;
        Self { columns, order: sort.map(|column| Ordered { column, reversed }), group, folded }
    }
}

impl From<Arranged> for View {
    fn from(arranged: Arranged) -> Self {
        let Arranged { columns, order, group, folded } = arranged;
        let reversed = order.as_ref().is_some_and(|order| order.reversed);
        Self { columns, sort: order.map(|order| order.column), reversed, group, folded }
    }
}

impl From<Saved> for SavedView {
    fn from(saved: Saved) -> Self {
        let Saved { view, filter, unexpected, columns, sort, reversed, group, folded } = saved;
        let arranged = View { columns, sort, reversed, group, folded }.into();
        Self { view, filter, unexpected, arranged }
    }
}

impl From<SavedView> for Saved {
    fn from(saved: SavedView) -> Self {
        let SavedView { view, filter, unexpected, arranged } = saved;
        let View { columns, sort, reversed, group, folded } = arranged.into();
        Self { view, filter, unexpected, columns, sort, reversed, group, folded }
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    #[test]
    fn a_file_as_people_read_it() {
        let text = "version = 1\nview = \"connections\"\nfilter = \"port = 443\"\nunexpected = true\n\
            theme = \"dark\"\nfilters = [\"tcp\", \"port = 443\"]\n\n[views.connections]\n\
            columns = [\"local\", \"owner\"]\nsort = \"owner\"\nreversed = true\ngroup = \"unit\"\n\n\
            [views.processes]\nfolded = false\n\n[saved.\"my web\"]\nview = \"peers\"\nfilter = \"tcp\"\n\
            sort = \"hosts\"\n";
        let remembered = decode(text).unwrap();
        let connections = Arranged {
            columns: Some(vec!["local".to_owned(), "owner".to_owned()]),
            order: Some(Ordered { column: "owner".to_owned(), reversed: true }),
            group: Some("unit".to_owned()),
            folded: None,
        };
        assert_eq!(remembered.views["connections"], connections);
        assert_eq!(remembered.views["processes"], Arranged { folded: Some(false), ..Arranged::default() });
        assert_eq!(remembered.filters, ["tcp", "port = 443"]);
        let order = Some(Ordered { column: "hosts".to_owned(), reversed: false });
        let arranged = Arranged { order, ..Arranged::default() };
        let (view, filter) = ("peers".to_owned(), "tcp".to_owned());
        assert_eq!(remembered.saved["my web"], SavedView { view, filter, unexpected: false, arranged });
        assert_eq!(encode(&remembered), format!("{HEAD}{text}"));
        assert_eq!(decode("version = 1").unwrap(), Remembered::default());
        assert_eq!(encode(&Remembered::default()), format!("{HEAD}version = 1\n"));
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        for (text, line, says) in [
            ("", 1, "expected version = 1"),
            ("# mine\nversion = 0", 2, "expected version = 1"),
            ("version = \"1\"", 1, "expected version = 1"),
            ("version = 1\nview = 3", 2, "invalid type"),
            ("version = 1\nviev = \"unix\"", 2, "unknown field `viev`"),
            ("version = 1\n[views.unix]\nsorted = \"x\"", 3, "unknown field `sorted`"),
            ("version = 1\nview = \"\u{1b}[2J", 2, ""),
            ("\u{0}\u{1}garbage", 1, ""),
            ("version = 1\n[saved.web]\nfilter = \"tcp\"", 2, "missing field `view`"),
        ] {
            match decode(text) {
                Err(Wrong::At(at, what)) => {
                    assert!(at == line && what.contains(says), "{text:?}: {at} {what}");
                    assert!(!what.chars().any(char::is_control), "{what:?}");
                }
                other => panic!("{text:?}: {other:?}"),
            }
        }
        assert_eq!(decode("version = 2\nwhatever = 7"), Err(Wrong::Newer(2)));
    }

    fn any_arranged() -> impl Strategy<Value = Arranged> {
        let order =
            (any::<String>(), any::<bool>()).prop_map(|(column, reversed)| Ordered { column, reversed });
        let columns = prop::collection::vec(any::<String>(), 0..4);
        (option::of(columns), option::of(order), option::of(any::<String>()), option::of(any::<bool>()))
            .prop_map(|(columns, order, group, folded)| Arranged { columns, order, group, folded })
    }

    fn any_remembered() -> impl Strategy<Value = Remembered> {
        let texts =
            (option::of(any::<String>()), any::<String>(), any::<bool>(), option::of(any::<String>()));
        let views = prop::collection::btree_map(any::<String>(), any_arranged(), 0..4);
        let saved = (any::<String>(), any::<String>(), any::<bool>(), any_arranged()).prop_map(|all| {
            let (view, filter, unexpected, arranged) = all;
            SavedView { view, filter, unexpected, arranged }
        });
        let saved = prop::collection::btree_map(any::<String>(), saved, 0..3);
        (texts, views, prop::collection::vec(any::<String>(), 0..4), saved).prop_map(|all| {
            let ((view, filter, unexpected, theme), views, filters, saved) = all;
            Remembered { view, filter, unexpected, theme, views, filters, saved }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(remembered in any_remembered()) {
            prop_assert_eq!(decode(&encode(&remembered)), Ok(remembered));
        }

        #[test]
        fn garbage_is_refused_and_half_a_file_means_what_it_says(text: String, whole in any_remembered(), at: Index) {
            prop_assert!(decode(&text).is_err());
            let whole = encode(&whole);
            let places: Vec<usize> = whole.char_indices().map(|(at, _)| at).collect();
            let half = &whole[..places[at.index(places.len())]];
            if let Ok(understood) = decode(half) {
                prop_assert_eq!(decode(&encode(&understood)), Ok(understood));
            }
            let beyond = decode(&format!("{whole}\n= {text}"));
            prop_assert!(matches!(beyond, Err(Wrong::At(..))), "{:?}", beyond);
        }
    }
}
