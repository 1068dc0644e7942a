//! What is written on the terminal: frames, each in one piece, and nothing where nothing changed.
//!
//! It stands between ratatui, which hides the cursor and flushes with every frame, and crossterm. Over a slow line each
//! byte is one too many, and a terminal that gets any wakes.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// The terminal as ratatui draws on it.
pub(super) struct Frames<W: Write> {
    inner: CrosstermBackend<W>,
    /// Something was written since the last flush, and the terminal was told to wait for its end.
    begun: bool,
    /// Where the cursor is, and whether it is hidden, as far as that is known.
    cursor: Option<Position>,
    hidden: Option<bool>,
}

impl<W: Write> Frames<W> {
    pub(super) fn new(out: W) -> Self {
        Self { inner: CrosstermBackend::new(out), begun: false, cursor: None, hidden: None }
    }

    /// Whoever else writes here leaves the cursor where nobody knows.
    pub(super) fn forget(&mut self) {
        (self.cursor, self.hidden) = (None, None);
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            queue!(self.inner, BeginSynchronizedUpdate)?;
        }
        Ok(())
    }

    fn turn_cursor(&mut self, hidden: bool) -> io::Result<()> {
        if self.hidden == Some(hidden) {
            return Ok(());
        }
        self.begin()?;
        self.hidden = Some(hidden);
        if hidden { self.inner.hide_cursor() } else { self.inner.show_cursor() }
    }
}

/// What is written here is neither counted nor held back.
impl<W: Write> Write for Frames<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.inner)
    }
}

impl<W: Write> Backend for Frames<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.begin()?;
        self.cursor = None; // it is behind what is drawn last
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.turn_cursor(true)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.turn_cursor(false)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Some(position) {
            return Ok(());
        }
        self.begin()?;
        self.cursor = Some(position);
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.begin()?;
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.begin()?;
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.begun) {
            return Ok(());
        }
        queue!(self.inner, EndSynchronizedUpdate)?;
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    /// Where it is written to, for the test to look at.
    #[derive(Clone, Default)]
    struct Out(Rc<RefCell<Vec<u8>>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Out {
        fn taken(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.borrow_mut())).unwrap()
        }
    }

    #[test]
    fn nothing_is_written_while_nothing_changes() {
        let out = Out::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 10, 2));
        let options = TerminalOptions { viewport };
        let mut terminal = Terminal::with_options(Frames::new(out.clone()), options).unwrap();
        let mut show = |text: &str, cursor: Option<(u16, u16)>| {
            let drawn = terminal.draw(|frame| {
                frame.render_widget(text, frame.area());
                if let Some(at) = cursor {
                    frame.set_cursor_position(at);
                }
            });
            drawn.unwrap();
            out.taken()
        };
        let first = show("one", None);
        assert!(first.starts_with("\x1b[?2026h") && first.ends_with("\x1b[?2026l"), "{first:?}");
        assert!(first.contains("one") && first.contains("\x1b[?25l"), "{first:?}");
        assert_eq!([show("one", None), show("one", None)], ["", ""]);
        let cursor = show("one", Some((2, 0)));
        assert!(cursor.contains("\x1b[?25h") && cursor.ends_with("\x1b[?2026l"), "{cursor:?}");
        assert_eq!(show("one", Some((2, 0))), "");
        // What is drawn moves the cursor, which goes back.
        let two = show("two", Some((2, 0)));
        assert!(two.contains("\x1b[1;3H") && !two.contains("\x1b[?25"), "{two:?}");
    }

    #[test]
    fn after_somebody_else_wrote_the_cursor_is_set_anew() {
        let out = Out::default();
        let mut frames = Frames::new(out.clone());
        frames.hide_cursor().unwrap();
        frames.hide_cursor().unwrap();
        Backend::flush(&mut frames).unwrap();
        assert_eq!(out.taken().matches("\x1b[?25l").count(), 1);
        frames.forget();
        frames.hide_cursor().unwrap();
        assert!(out.taken().contains("\x1b[?25l"));
    }
}
