//! Counts how often a mark is in what a program writes, piece by piece. Pure, and tested by
//! `tests/it/bench_report.rs`; it must not keep what it has seen.

/// A count that goes on.
#[derive(Debug)]
pub(crate) struct Marks {
    mark: &'static [u8],
    /// What may be the beginning of a mark.
    rest: Vec<u8>,
    pub(crate) count: u64,
}

impl Marks {
    /// Of a mark of one byte at least.
    pub(crate) fn new(mark: &'static str) -> Self {
        // What is asked for at the beginning of a line is asked for in the first line, too.
        let rest = if mark.len() > 1 && mark.starts_with('\n') { b"\n".to_vec() } else { Vec::new() };
        Self { mark: mark.as_bytes(), rest, count: 0 }
    }

    /// Takes the next piece.
    pub(crate) fn take(&mut self, piece: &[u8]) {
        if let [byte] = self.mark {
            self.count += piece.iter().map(|other| u64::from(other == byte)).sum::<u64>();
            return;
        }
        self.rest.extend_from_slice(piece);
        self.count += self.rest.windows(self.mark.len()).filter(|window| *window == self.mark).count() as u64;
        let keep = self.rest.len().min(self.mark.len().saturating_sub(1));
        self.rest.drain(..self.rest.len() - keep);
    }
}
