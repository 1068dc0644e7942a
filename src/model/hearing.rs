//! What is told of sockets between readings, beside what the readings tell.

use std::time::Duration;

use super::SliceStatus;

/// Whether the kernel tells, and of whom not and why; `None` of what nobody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hearing {
    /// Of TCP sockets that begin to listen or to call, and by whom.
    pub beginnings: Option<SliceStatus>,
    /// Of UDP and UDP-Lite sockets that bind, and by whom.
    pub binds: Option<SliceStatus>,
    /// Of TCP and UDP sockets that it destroys.
    pub ends: Option<SliceStatus>,
}

/// What was told up to a reading, and what of it was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HearingCoverage {
    pub told: Hearing,
    /// The time between two readings, as asked for; `None` where there is but one.
    pub interval: Option<Duration>,
    /// How often more was told at once than there was room for. A reading follows each time.
    pub overruns: u64,
    /// How many words were lost, where that was counted: those of BPF.
    pub words_lost: u64,
}

impl Default for Hearing {
    /// Nobody listens.
    fn default() -> Self {
        Self::nothing("nobody listens")
    }
}

impl Hearing {
    /// Of nothing, for that reason.
    #[must_use]
    pub fn nothing(why: &str) -> Self {
        let nothing = || Some(SliceStatus::Failed(why.to_owned()));
        Self { beginnings: nothing(), binds: nothing(), ends: nothing() }
    }

    /// What was asked for, and how that goes.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &SliceStatus)> {
        let all = [
            ("TCP sockets that begin", &self.beginnings),
            ("UDP sockets that bind", &self.binds),
            ("TCP and UDP sockets that end", &self.ends),
        ];
        all.into_iter().filter_map(|(what, told)| Some((what, told.as_ref()?)))
    }

    /// BPF tells nothing any more, for that reason.
    pub fn lose_words(&mut self, why: &str) {
        for told in [&mut self.beginnings, &mut self.binds].into_iter().flatten() {
            if !told.is_blind() {
                *told = SliceStatus::Failed(why.to_owned());
            }
        }
    }

    /// Nothing is told of ends any more, for that reason.
    pub fn lose_ends(&mut self, why: &str) {
        if let Some(told) = &mut self.ends {
            *told = SliceStatus::Failed(why.to_owned());
        }
    }

    /// What can be missed for all that between two readings, as a sentence fragment.
    #[must_use]
    pub fn promise(&self) -> String {
        let is_told = |told: &Option<SliceStatus>| told.as_ref().is_some_and(|told| !told.is_blind());
        let reason = |told: &Option<SliceStatus>| {
            let reason = told.as_ref().and_then(SliceStatus::reason);
            reason.map_or_else(String::new, |why| format!(" ({why})"))
        };
        let (tcp, udp, ends) = (is_told(&self.beginnings), is_told(&self.binds), is_told(&self.ends));
        let why = reason(&self.binds);
        let begins = match (tcp, udp) {
            (true, true) => format!("TCP is told as it begins, UDP as it binds{why}"),
            (true, false) if self.binds.is_some() => {
                format!("TCP is told as it begins, UDP not as it binds{why}")
            }
            (true, false) => "TCP is told as it begins".to_owned(),
            (false, true) => format!("UDP is told as it binds{why}"),
            (false, false) => {
                let but = if ends { ", but for the end of TCP and UDP sockets" } else { "" };
                return format!("what lives shorter than the interval can be missed{but}");
            }
        };
        let ends = match (ends, self.beginnings.is_some() && self.binds.is_some()) {
            (true, true) => ", both as they end",
            (true, false) => " and as it ends",
            (false, _) => "",
        };
        format!("{begins}{ends}; what else lives shorter can be missed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_is_told_no_more_and_says_why() {
        let (ok, refused) = (|| Some(SliceStatus::Ok), SliceStatus::Denied("no".to_owned()));
        let mut hearing = Hearing { beginnings: ok(), binds: Some(refused.clone()), ends: ok() };
        hearing.lose_words("gone");
        assert_eq!(hearing.beginnings, Some(SliceStatus::Failed("gone".to_owned())));
        assert_eq!((hearing.binds.as_ref(), &hearing.ends), (Some(&refused), &ok()));
        hearing.lose_ends("gone");
        assert_eq!(hearing.promise(), "what lives shorter than the interval can be missed");
        let mut hearing = Hearing { beginnings: None, binds: None, ends: None };
        hearing.lose_words("gone");
        hearing.lose_ends("gone");
        assert_eq!(hearing.each().count(), 0, "nobody asked for it");
    }

    #[test]
    fn what_is_promised_follows_from_what_is_told() {
        let (ok, why) = (|| Some(SliceStatus::Ok), |why: &str| Some(SliceStatus::Denied(why.to_owned())));
        let some = || Some(SliceStatus::Partial("only here".to_owned()));
        let promise = |beginnings, binds, ends| Hearing { beginnings, binds, ends }.promise();
        for (told, words) in [
            (
                promise(ok(), ok(), ok()),
                "TCP is told as it begins, UDP as it binds, both as they end; what else",
            ),
            (
                promise(ok(), some(), ok()),
                "TCP is told as it begins, UDP as it binds (only here), both as they end;",
            ),
            (
                promise(ok(), why("no"), ok()),
                "TCP is told as it begins, UDP not as it binds (no), both as they end;",
            ),
            (
                promise(ok(), why("no"), why("x")),
                "TCP is told as it begins, UDP not as it binds (no); what else",
            ),
            (
                promise(why("x"), ok(), ok()),
                "UDP is told as it binds, both as they end; what else lives shorter",
            ),
            (
                promise(why("x"), some(), why("x")),
                "UDP is told as it binds (only here); what else lives shorter",
            ),
            (
                promise(why("x"), why("x"), ok()),
                "what lives shorter than the interval can be missed, but for the end of",
            ),
        ] {
            assert!(told.starts_with(words), "{told}");
        }
        assert_eq!(Hearing::default().promise(), "what lives shorter than the interval can be missed");
    }
}
