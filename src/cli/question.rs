//! A question on the terminal that only a yes answers. What it is about is shown by whoever asks.

use std::io::{self, IsTerminal as _, Write};

use anyhow::Context as _;

/// True where somebody can be asked, and can answer.
pub(super) fn can_be_asked() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks behind what was written already. Anything but a yes is a no.
pub(super) fn is_answered_yes(mut out: impl Write, question: &str) -> anyhow::Result<bool> {
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    drop(out);
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).context("the answer cannot be read")?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}
