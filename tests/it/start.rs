//! What has to be there before the program starts.

#![cfg(target_env = "gnu")]

use crate::harness::{run, sockeye};

#[test]
fn it_runs_where_there_is_only_the_c_library() {
    // The linker tells what it would load instead of starting the program (ld.so(8)).
    let ran = run(sockeye(&[]).env("LD_TRACE_LOADED_OBJECTS", "1"));
    let libraries: Vec<&str> =
        ran.stdout().lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(libraries.contains(&"libc.so.6"), "{libraries:?}");
    let is_known = |name: &str| ["libc.so.6", "linux-vdso.so.1"].contains(&name) || name.contains("/ld");
    let others: Vec<_> = libraries.iter().filter(|name| !is_known(name)).collect();
    assert!(others.is_empty(), "{others:?}");
}
