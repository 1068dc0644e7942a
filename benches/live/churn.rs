//! Connections that come and go all the time, beside a load that stays. It must leave nothing behind: its sockets
//! end with it, without TIME-WAIT.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

use crate::used::now;

/// How often some are opened, and how many times so long each lives: through one reading a second at least.
const STEP: Duration = Duration::from_millis(50);
const LIVES: usize = 30;

/// Opens and closes connections until it is dropped.
pub(crate) struct Churn {
    ends: Arc<AtomicBool>,
    opened: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<std::io::Result<()>>>,
}

impl Churn {
    /// So many changes a second: half of them sockets that are opened, half such that are closed. In the network
    /// of the calling thread.
    pub(crate) fn start(a_second: u32) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (ends, opened) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (ended, counter) = (Arc::clone(&ends), Arc::clone(&opened));
        // Two sockets of each connection, each opened and closed, twenty steps a second.
        let each = a_second / 4 / 20;
        let thread = std::thread::spawn(move || churn(&listener, each, &ended, &counter));
        Ok(Self { ends, opened, thread: Some(thread) })
    }

    /// How many changes there were.
    pub(crate) fn changes(&self) -> u64 {
        4 * self.opened.load(Ordering::Relaxed)
    }
}

fn churn(listener: &TcpListener, each: u32, ended: &AtomicBool, opened: &AtomicU64) -> std::io::Result<()> {
    let at = listener.local_addr()?;
    let mut held = VecDeque::new();
    let mut next = now();
    while !ended.load(Ordering::Relaxed) {
        for _ in 0..each {
            let pair = [TcpStream::connect(at)?, listener.accept()?.0];
            for end in &pair {
                set_socket_linger(end, Some(Duration::ZERO))?;
            }
            held.push_back(pair);
            opened.fetch_add(1, Ordering::Relaxed);
        }
        while held.len() > LIVES * each as usize {
            held.pop_front();
        }
        next += STEP;
        std::thread::sleep(next.saturating_duration_since(now()));
    }
    Ok(())
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // That it ended early is seen by its count of changes.
        drop(self.thread.take().map(std::thread::JoinHandle::join));
    }
}
