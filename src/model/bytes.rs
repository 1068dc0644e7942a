//! Bytes that somebody else chose: names of processes, paths, command lines.
//!
//! They stay bytes here. There is deliberately no `Display`: the only way to a screen, a file or a
//! log is [`crate::text::escape()`].

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A hostile string. Cheap to clone, compared byte by byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemBytes(Arc<[u8]>);

impl SystemBytes {
    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// True when there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: AsRef<[u8]>> From<T> for SystemBytes {
    fn from(bytes: T) -> Self {
        Self(Arc::from(bytes.as_ref()))
    }
}

impl Borrow<[u8]> for SystemBytes {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// For test failures and debuggers: ASCII with escapes, so even a panic message is harmless.
impl fmt::Debug for SystemBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}
