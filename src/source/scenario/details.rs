//! What a script tells of a socket beyond addresses and state: `tcp_info`, memory and the timer.
//!
//! Only what the script writes is known; it invents no number.

use std::sync::Arc;

use super::script::Patch;
use super::stage::Maker;
use crate::model::{Memory, Socket, TcpInfo, TcpInfoPlace, Timer, TimerKind};

impl Maker<'_> {
    /// Puts what is written in place of what was told before; the rest stays.
    pub(super) fn details(&self, socket: &mut Socket, patch: &Patch) -> Result<(), String> {
        if let Some(timer) = &patch.timer {
            let kinds = TimerKind::ALL;
            socket.timer = Some(Timer {
                kind: self.word(&timer.kind, "timer", kinds, TimerKind::word)?,
                expires_ms: timer.expires_ms,
                retransmits: timer.retransmits,
            });
        }
        let mut written = Vec::new();
        for (name, number) in &patch.tcp_info {
            let place = TcpInfoPlace::named(name.get_ref()).ok_or_else(|| {
                self.wrong(name, format_args!("no field {:?} in struct tcp_info", name.get_ref()))
            })?;
            written.push((place, *number));
        }
        if written.is_empty() && patch.memory.is_none() {
            return Ok(());
        }
        let details = Arc::make_mut(socket.details.get_or_insert_default());
        if !written.is_empty() {
            let before = details.tcp_info.take();
            let numbers = TcpInfoPlace::ALL.iter().filter_map(|place| {
                let now = written.iter().find(|(changed, _)| changed == place).map(|(_, number)| *number);
                let before = || before.as_ref().and_then(|info| info.read(*place));
                Some((*place, now.or_else(before)?))
            });
            details.tcp_info = Some(TcpInfo::of(&numbers.collect::<Vec<_>>()));
        }
        if let Some(memory) = patch.memory {
            details.memory = Some(Memory {
                rmem_alloc: memory.rmem_alloc,
                rcvbuf: memory.rcvbuf,
                wmem_queued: memory.wmem_queued,
                sndbuf: memory.sndbuf,
                drops: memory.drops,
                ..Memory::default()
            });
        }
        Ok(())
    }
}
