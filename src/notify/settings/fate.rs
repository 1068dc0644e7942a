//! What becomes of sinks when the file is read again. Pure.

use super::{Kind, SinkSpec};

/// What becomes of a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on as that sink of before, which has its place, if by another name or for other alerts.
    Keeps(usize),
    /// It takes the place of that sink, and gets what waits for it.
    Succeeds(usize),
    /// It begins with what comes.
    Begins,
}

impl Kind {
    /// True for what read files beside the one of the sinks: those may say something else by now.
    fn has_files(&self) -> bool {
        matches!(self, Self::Webhook(webhook) if webhook.has_files())
    }
}

/// The fate of each of `new`, where there was `old`. Those of the old that are in none end.
///
/// What is the same place stays it, whatever its name: an address at which somebody listens cannot be had twice.
#[must_use]
pub fn fates(old: &[SinkSpec], new: &[SinkSpec]) -> Vec<Fate> {
    let mut fates = vec![Fate::Begins; new.len()];
    let mut taken = vec![false; old.len()];
    let mut pair = |is_one: &dyn Fn(&SinkSpec, &SinkSpec) -> bool| {
        for (fate, one) in fates.iter_mut().zip(new).filter(|(fate, _)| **fate == Fate::Begins) {
            let free = old.iter().zip(&taken).position(|(was, taken)| !taken && is_one(was, one));
            let Some(at) = free else { continue };
            taken[at] = true;
            let goes_on = old[at].kind == one.kind && !one.kind.has_files();
            *fate = if goes_on { Fate::Keeps(at) } else { Fate::Succeeds(at) };
        }
    };
    pair(&|was, one| was.name == one.name && was.kind == one.kind);
    pair(&|was, one| was.kind == one.kind);
    pair(&|was, one| was.name == one.name);
    fates
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    /// Sinks by name and address, or URL.
    fn specs(sinks: &[(&str, &str)]) -> Vec<SinkSpec> {
        let one = |(name, place): &(&str, &str)| match place.strip_prefix("secret ") {
            _ if place.starts_with("127") => {
                format!("[[sink]]\nname = {name:?}\nkind = \"listen\"\naddress = {place:?}\n")
            }
            Some(url) => format!(
                "[[sink]]\nname = {name:?}\nkind = \"webhook\"\nurl = {url:?}\nsecret_file = \"/s\"\n"
            ),
            None => format!("[[sink]]\nname = {name:?}\nkind = \"webhook\"\nurl = {place:?}\n"),
        };
        parse(&format!("version = 1\n{}", sinks.iter().map(one).collect::<String>())).unwrap()
    }

    #[test]
    fn what_is_the_same_place_goes_on_and_what_has_its_name_succeeds_it() {
        const A: &str = "127.0.0.1:1000";
        const B: &str = "127.0.0.1:2000";
        const URL: &str = "https://a/";
        use Fate::{Begins, Keeps, Succeeds};
        for (what, old, new, expected) in [
            ("unchanged", vec![("x", A), ("y", URL)], vec![("x", A), ("y", URL)], vec![Keeps(0), Keeps(1)]),
            (
                "in another order",
                vec![("x", A), ("y", URL)],
                vec![("y", URL), ("x", A)],
                vec![Keeps(1), Keeps(0)],
            ),
            ("one is new, one ends", vec![("x", A)], vec![("y", URL)], vec![Begins]),
            ("another name", vec![("x", A)], vec![("y", A)], vec![Keeps(0)]),
            ("another place", vec![("x", A)], vec![("x", B)], vec![Succeeds(0)]),
            ("another kind", vec![("x", A)], vec![("x", URL)], vec![Succeeds(0)]),
            ("names exchanged", vec![("x", A), ("y", B)], vec![("y", A), ("x", B)], vec![Keeps(0), Keeps(1)]),
            (
                "its secret may be another",
                vec![("x", "secret https://a/")],
                vec![("x", "secret https://a/")],
                vec![Succeeds(0)],
            ),
            ("two alike", vec![("x", URL)], vec![("y", URL), ("x", URL)], vec![Begins, Keeps(0)]),
            ("none before", vec![], vec![("x", A)], vec![Begins]),
        ] {
            assert_eq!(fates(&specs(&old), &specs(&new)), expected, "{what}");
        }
        let high = parse("version = 1\n[[sink]]\nkind = \"journald\"\nmin_severity = \"high\"").unwrap();
        let all = parse("version = 1\n[[sink]]\nkind = \"journald\"").unwrap();
        assert_eq!(fates(&high, &all), [Keeps(0)], "for other alerts");
    }
}
