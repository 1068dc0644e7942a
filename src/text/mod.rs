//! Text for people: the one escaper, human units, pointing at mistakes, and fitting into cells.
//!
//! Layer 0. Knows neither sockets nor terminals. Every string from the system goes through
//! [`escape()`] before it leaves the process, whatever the exit.

mod caret;
mod charset;
mod escape;
mod general;
mod units;
mod width;

pub use caret::{line_of, point};
pub use charset::Charset;
pub use escape::{escape, unescape};
pub use general::{push_general, push_thousandth};
pub use units::{brief, bytes, count, counted, span};
pub use width::{elide, elide_start, width};

/// A path as it may be shown: names of files are chosen by others, too.
#[must_use]
pub fn path(path: &std::path::Path) -> std::borrow::Cow<'_, str> {
    escape(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()))
}

/// The last line of what a program said, which is where programs say why; `None` when it said nothing.
#[must_use]
pub fn last_line(said: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    let line = said.split(|byte| *byte == b'\n').rfind(|line| !line.trim_ascii().is_empty());
    line.map(|line| escape(line.trim_ascii()))
}

/// Appends a number to a line: a large table is numbers for the most part.
pub fn push_number(line: &mut String, number: impl itoa::Integer) {
    line.push_str(itoa::Buffer::new().format(number));
}

/// Appends an address to a line, without brackets.
pub fn push_addr(line: &mut String, addr: std::net::IpAddr) {
    match addr {
        std::net::IpAddr::V4(v4) => {
            for (at, octet) in v4.octets().into_iter().enumerate() {
                if at > 0 {
                    line.push('.');
                }
                push_number(line, octet);
            }
        }
        std::net::IpAddr::V6(v6) => push(line, format_args!("{v6}")),
    }
}

/// Appends formatted text to a line.
pub fn push(line: &mut String, text: std::fmt::Arguments<'_>) {
    let written = std::fmt::Write::write_fmt(line, text);
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}
