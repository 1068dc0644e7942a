//! One name for the choice that the code makes between systems: `cfg(linux)`. It decides nothing else.
//!
//! `SOCKEYE_AS_ELSEWHERE` takes the name away on Linux, so that what another system would compile can
//! be checked there.

#![expect(clippy::disallowed_methods, reason = "cargo tells the target through the environment")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SOCKEYE_AS_ELSEWHERE");
    println!("cargo:rustc-check-cfg=cfg(linux)");
    let on_linux = std::env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|system| system == "linux");
    if on_linux && std::env::var_os("SOCKEYE_AS_ELSEWHERE").is_none() {
        println!("cargo:rustc-cfg=linux");
    }
}
