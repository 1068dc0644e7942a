//! How the allocator treats memory that is no longer used. Nothing is allocated or measured here.

/// Blocks of this size and larger are given back when they are freed.
#[cfg(target_env = "gnu")]
const LARGE: i32 = 256 * 1024;

/// Gives large blocks back to the kernel when they are freed, for a process that takes many again and again.
///
/// glibc begins so, but with the first such block that is freed it begins to keep all that are not larger
/// (`M_MMAP_THRESHOLD`, mallopt(3)), and tables that come and go leave holes that are never filled. A fixed threshold
/// costs a few page faults for each reading, and less than half of the memory is held between two.
pub fn give_large_blocks_back() {
    #[cfg(target_env = "gnu")]
    #[expect(unsafe_code, reason = "the standard library does not know its allocator")]
    // SAFETY: it takes two numbers, under the allocator's own lock.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}
