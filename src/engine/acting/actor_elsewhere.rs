//! On other systems than Linux nobody acts.

use super::{Order, Report};

/// Takes what came of an order.
pub type Tell = Box<dyn FnOnce(Report) + Send>;

/// There is none.
#[derive(Debug)]
pub enum Actor {}

impl Actor {
    /// Nobody is there to take it.
    #[must_use]
    pub fn order(&self, _: Order, _: Tell) -> bool {
        match *self {}
    }
}
