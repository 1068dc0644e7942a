//! The thread that acts: it takes orders one after the other, and tells what came of each.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use super::{Act, ActError, Done, Order, Report, SHARED, close, refused, send, settle, stop};
use crate::action;
use crate::model::{Closing, SocketKey};
use crate::store::{Holder, Table};

/// How long the end of a process is waited for.
const WAIT: Duration = Duration::from_secs(5);

/// Reads the tables once more; or why that failed.
pub type Look = Box<dyn FnMut() -> Result<Table, String> + Send>;
/// Takes what came of an order.
pub type Tell = Box<dyn FnOnce(Report) + Send>;

/// The thread that acts. It ends when this is dropped, after what it is at; nobody waits for it.
#[derive(Debug)]
pub struct Actor(Sender<(Order, Tell)>);

/// Starts it, with the rights of the calling thread.
pub fn spawn(mut look: Look) -> io::Result<Actor> {
    let (orders, queue) = channel::<(Order, Tell)>();
    thread::Builder::new().name("acts".to_owned()).spawn(move || {
        for (order, tell) in queue {
            let done = obey(&order, &mut look);
            tell(Report { order, done });
        }
    })?;
    Ok(Actor(orders))
}

impl Actor {
    /// Gives an order; false when nobody is there any more to take it.
    #[must_use]
    pub fn order(&self, order: Order, tell: Tell) -> bool {
        self.0.send((order, tell)).is_ok()
    }
}

fn obey(order: &Order, look: &mut Look) -> Result<Done, String> {
    let all = order.holders();
    let after = |look: &mut Look, all: &[Holder<'_>]| Some(settle(look, all, &order.seen));
    match &order.act {
        Act::Signal(signal) => {
            let became = alone(|| send(&all, *signal, WAIT)).map_err(|error| error.to_string())?;
            let after = if signal.is_to_end() { after(look, &all) } else { None };
            Ok(Done::Signalled(became, after))
        }
        Act::Stop(command) => {
            let stopping = stop(command);
            Ok(Done::Stopped(stopping, after(look, &all)))
        }
        Act::Close(key) => close_one(key, &order.seen).map(Done::Closed).map_err(|error| error.to_string()),
    }
}

/// Closes a socket that shares its address with none.
fn close_one(key: &SocketKey, seen: &Table) -> Result<Closing, ActError> {
    let Some(row) = seen.row(key) else { return Ok(Closing::Gone) };
    let socket = [&row.socket];
    if action::share_an_address(seen.open().map(|row| &row.socket)).contains(key) {
        refused(&socket, SHARED);
        return Ok(Closing::Refused(SHARED.to_owned()));
    }
    Ok(close(&socket)?.pop().unwrap_or(Closing::Gone))
}

/// Does it in a thread that ends with it: rights that it raises are in force nowhere else, and no longer.
fn alone<T: Send>(work: impl FnOnce() -> Result<T, ActError> + Send) -> Result<T, ActError> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("act".to_owned()).spawn_scoped(scope, work);
        let thread = thread.map_err(ActError::Thread)?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
