//! One name for the choice that the code makes between systems, `cfg(linux)`, and which unwinder is linked. It
//! decides nothing else.
//!
//! `SOCKEYE_AS_ELSEWHERE` takes the name away on Linux, so that what another system would compile can
//! be checked there.

#![expect(clippy::disallowed_methods, reason = "cargo tells the target through the environment")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SOCKEYE_AS_ELSEWHERE");
    println!("cargo:rustc-check-cfg=cfg(linux)");
    let on_linux = std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "linux");
    // The static one, of the same library: there is one file less to find, to map and to bind at every start, which
    // takes a twentieth of the time in which few sockets are listed, and the program runs where there is only the C library.
    if on_linux && std::env::var_os("CARGO_CFG_TARGET_ENV").is_some_and(|env| env == "gnu") {
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
    if on_linux && std::env::var_os("SOCKEYE_AS_ELSEWHERE").is_none() {
        println!("cargo:rustc-cfg=linux");
    }
}
