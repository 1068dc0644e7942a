//! Filters that were kept, in this run and before, to be had again.
//!
//! Texts and a place among them; it understands none of them.

use super::remembered::FILTERS;

/// The filters, the oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    kept: Vec<String>,
    /// Which one is shown; `None` for what is being typed.
    at: Option<usize>,
    /// What was being typed when the looking back began.
    draft: String,
}

impl History {
    /// Those of other runs stand before what was kept in this one.
    pub(super) fn begin_with(&mut self, texts: &[String]) {
        let now = std::mem::take(&mut self.kept);
        texts.iter().chain(&now).for_each(|text| self.keep(text));
    }

    /// All of them, the oldest first.
    pub(super) fn kept(&self) -> &[String] {
        &self.kept
    }

    /// Remembers a filter as the newest, once.
    pub(super) fn keep(&mut self, text: &str) {
        self.at = None;
        if text.is_empty() {
            return;
        }
        self.kept.retain(|kept| kept != text);
        self.kept.push(text.to_owned());
        if self.kept.len() > FILTERS {
            self.kept.remove(0);
        }
    }

    /// The one before, where there is one; `typed` is what stands in the line.
    pub(super) fn older(&mut self, typed: &str) -> Option<&str> {
        // What stands there already is not worth a key.
        let same = self.at.is_none() && self.kept.last().is_some_and(|kept| kept == typed);
        let at = self.at.unwrap_or(self.kept.len() - usize::from(same)).checked_sub(1)?;
        if self.at.is_none() {
            typed.clone_into(&mut self.draft);
        }
        self.at = Some(at);
        self.kept.get(at).map(String::as_str)
    }

    /// The one after; at last what was being typed.
    pub(super) fn newer(&mut self) -> Option<&str> {
        let next = self.at? + 1;
        self.at = (next < self.kept.len()).then_some(next);
        Some(self.at.map_or(&self.draft, |at| &self.kept[at]))
    }

    /// What is typed now is a text of its own.
    pub(super) fn leave(&mut self) {
        self.at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forth() {
        let mut history = History::default();
        assert_eq!(history.older("x"), None);
        assert_eq!(history.newer(), None);
        for text in ["tcp", "udp", "", "tcp", "new"] {
            history.keep(text);
        }
        assert_eq!(history.older("dra"), Some("new"));
        assert_eq!(history.older("new"), Some("tcp"));
        assert_eq!(history.older("tcp"), Some("udp"));
        assert_eq!(history.older("udp"), None, "each is there once");
        assert_eq!(history.newer(), Some("tcp"));
        assert_eq!(history.newer(), Some("new"));
        assert_eq!(history.newer(), Some("dra"));
        assert_eq!(history.newer(), None);
        assert_eq!(history.older("new"), Some("tcp"), "what stands there is passed over");
        history.leave();
        assert_eq!(history.older("x"), Some("new"));
        for number in 0..2 * FILTERS {
            history.keep(&number.to_string());
        }
        assert_eq!(history.kept.len(), FILTERS);
    }

    #[test]
    fn those_of_other_runs_stand_before() {
        let mut history = History::default();
        history.keep("given");
        history.begin_with(&["a".to_owned(), "given".to_owned(), "b".to_owned()]);
        assert_eq!(history.kept(), ["a", "b", "given"]);
        assert_eq!(history.older(""), Some("given"));
    }
}
