//! The reading side of a BPF ring buffer (`kernel/bpf/ringbuf.c`; "BPF ring buffer" in the kernel's
//! documentation). It understands no record.

#![expect(unsafe_code, reason = "the ring is memory that the kernel writes to")]

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::sys::clock;

/// `BPF_RINGBUF_BUSY_BIT`: it is being written.
const BUSY: u32 = 1 << 31;
/// To write a record takes less than a microsecond, but where the processor was taken from the whole machine meanwhile.
const WRITTEN_BY_THEN: Duration = Duration::from_millis(5);
/// `BPF_RINGBUF_DISCARD_BIT`: it is to be passed over.
const DISCARDED: u32 = 1 << 30;
/// `BPF_RINGBUF_HDR_SZ`.
const HEADER: usize = 8;

/// The ring of a map.
#[derive(Debug)]
pub(super) struct Ring {
    map: OwnedFd,
    /// How far it was read: a page of its own.
    read: Pages,
    /// How far it is written: a page, and then the records, twice one after the other.
    written: Pages,
    page: usize,
    /// Bytes, a power of two.
    size: usize,
}

/// Memory of the map. Nobody else has it.
#[derive(Debug)]
struct Pages {
    begin: NonNull<u8>,
    length: usize,
}

// SAFETY: it is memory like any other; whose thread reads it does not matter.
unsafe impl Send for Pages {}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: it was mapped with that length, and nothing that borrows from it outlives it.
        let unmapped = unsafe { munmap(self.begin.as_ptr().cast(), self.length) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

impl Pages {
    fn map(map: &OwnedFd, length: usize, offset: usize, may_write: bool) -> io::Result<Self> {
        let rights = if may_write { ProtFlags::READ | ProtFlags::WRITE } else { ProtFlags::READ };
        // SAFETY: a new mapping, at a place that the kernel chooses.
        let begin = unsafe { mmap(ptr::null_mut(), length, rights, MapFlags::SHARED, map, offset as u64) }?;
        let begin = NonNull::new(begin.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { begin, length })
    }

    /// The place from which the kernel or this process counts.
    fn counter(&self) -> &AtomicU64 {
        // SAFETY: pages begin where any number may, are longer than one, and live as long as this.
        unsafe { self.begin.cast::<AtomicU64>().as_ref() }
    }
}

impl Ring {
    /// Maps the ring of that many bytes.
    pub(super) fn new(map: OwnedFd, size: u32) -> io::Result<Self> {
        let (page, size) = (rustix::param::page_size(), size as usize);
        let read = Pages::map(&map, page, 0, true)?;
        let written = Pages::map(&map, page + 2 * size, page, false)?;
        Ok(Self { map, read, written, page, size })
    }

    /// Copies the next record, as much of it as there is room for; its length, or `None` when nothing waits.
    pub(super) fn next(&mut self, to: &mut [u8]) -> Option<usize> {
        let mut asked = None;
        loop {
            // Only this process moves it.
            let read = self.read.counter().load(Ordering::Relaxed);
            if read >= self.written.counter().load(Ordering::Acquire) {
                return None;
            }
            let at = self.page + usize::try_from(read).unwrap_or(0) % self.size;
            // SAFETY: records begin at multiples of eight inside the ring, behind the page of the counter.
            let header = unsafe { self.written.begin.add(at).cast::<AtomicU32>().as_ref() };
            let header = header.load(Ordering::Acquire);
            if header & BUSY != 0 {
                // Whole ones may wait behind it.
                let since = asked.get_or_insert_with(clock::now);
                if clock::now().since(since) > WRITTEN_BY_THEN {
                    return None;
                }
                thread::yield_now();
                continue;
            }
            let length = (header & !(BUSY | DISCARDED)) as usize;
            let taken = length.min(to.len()).min(self.size);
            let told = header & DISCARDED == 0;
            if told {
                // SAFETY: the ring is mapped twice in a row, so a record that begins in it is whole behind that
                // place, and the kernel writes to it again only when it was read.
                let record = unsafe { self.written.begin.add(at + HEADER) };
                // SAFETY: as above, and no longer than the target.
                unsafe { ptr::copy_nonoverlapping(record.as_ptr(), to.as_mut_ptr(), taken) };
            }
            let next = read + (length + HEADER).next_multiple_of(8) as u64;
            self.read.counter().store(next, Ordering::Release);
            if told {
                return Some(taken);
            }
        }
    }

    /// Waits until something is there, that long. False when nothing came.
    pub(super) fn wait(&self, others: Option<&OwnedFd>, patience: Duration) -> io::Result<bool> {
        let mut all = vec![PollFd::new(&self.map, PollFlags::IN)];
        all.extend(others.map(|other| PollFd::from_borrowed_fd(other.as_fd(), PollFlags::IN)));
        let patience = Timespec::try_from(patience).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        match poll(&mut all, Some(&patience)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}
