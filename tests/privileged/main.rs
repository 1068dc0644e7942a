//! The tests that need root: other users' processes, and network namespaces of their own.
//!
//! It always compiles and always names every case. A case that cannot run is ignored and says why;
//! under CI, where there is root, a case that cannot run has failed.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "that is how tests fail")]
#![expect(clippy::assigning_clones, reason = "expectations read better as assignments")]

mod activation;
mod acts;
mod all_namespaces;
mod audit;
mod binds;
mod both_ways;
mod churn;
mod closing;
mod delivering;
mod dnat;
#[path = "../it/document.rs"]
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "the other test binary uses the rest, a struct of a macro"
)]
mod document;
mod ends;
mod enduring;
mod evasions;
mod fallbacks;
mod faults;
#[path = "../it/follower.rs"]
mod follower;
#[path = "../it/harness.rs"]
#[expect(dead_code, reason = "the other test binary uses the rest")]
mod harness;
mod hearing;
mod hidden;
#[path = "../it/http.rs"]
mod http;
#[path = "../kernels/in_flight.rs"]
mod in_flight;
mod inner_shell;
mod keeping;
mod kernel_uses;
mod killing;
mod lifecycle;
#[path = "../kernels/links.rs"]
#[expect(dead_code, reason = "the other test binary uses the rest")]
mod links;
mod names;
mod namespaces;
mod others;
#[path = "../kernels/raw.rs"]
mod raw;
mod rights;
mod runtimes;
#[path = "../it/session.rs"]
#[expect(dead_code, reason = "the other test binary uses the rest")]
mod session;
mod sinks;
mod ss_parity;
#[path = "../it/stock.rs"]
#[expect(dead_code, reason = "the other test binary uses the rest")]
mod stock;
mod trust;
#[path = "../it/validator.rs"]
mod validator;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A named test, which panics to fail.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    if let Some(played) = hidden::roles::play() {
        return played;
    }
    let ci = std::env::vars_os().any(|(name, _)| name == "CI");
    let trials = groups()
        .into_iter()
        .flat_map(|(cases, missing)| cases.iter().map(move |case| trial(*case, missing, ci)));
    // One after the other: what one case forks would hold the sockets of another for an instant.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The cases, and why they cannot run here.
fn groups() -> Vec<(&'static [Case], Option<&'static str>)> {
    let root = (!rustix::process::geteuid().is_root()).then_some("needs root");
    let namespace = root.or((!namespaces::can_be_made()).then_some("needs a network namespace"));
    let perl = namespace.or((!lifecycle::can_defer()).then_some("needs perl"));
    let strace = root.or((!faults::can_be_injected()).then_some("needs strace"));
    let cgroup = root.or_else(names::missing);
    let setpriv =
        root.or((!rights::can_be_chosen()).then_some("needs setpriv that knows CAP_BPF, and CAP_BPF"));
    let capable = namespace.or((!harness::is_installed("setcap")).then_some("needs setcap"));
    let bpf = root.or((!both_ways::can_be_compared()).then_some("needs a kernel that takes BPF programs"));
    let ring = namespace.or_else(|| (!hidden::has_rings()).then_some("needs io_uring"));
    let apart = root.or((!activation::can_be_shown()).then_some("needs unshare"));
    let nft = namespace.or_else(dnat::missing);
    let legacy = nft.or_else(dnat::missing_legacy);
    let ss = namespace.or_else(ss_parity::missing);
    let vxlan = namespace.or((!kernel_uses::has_vxlan()).then_some("needs a kernel with VXLAN"));
    vec![
        (others::CASES, root),
        (trust::CASES, root),
        (trust::APART, apart),
        (trust::CAPABLE, setpriv),
        (rights::CASES, setpriv),
        (both_ways::CASES, namespace.or(bpf)),
        (fallbacks::CASES, bpf),
        (hearing::CASES, namespace.or(bpf)),
        (binds::CASES, namespace.or(bpf).or(cgroup)),
        (binds::CONTAINED, namespace.or(bpf).or(cgroup).or(apart)),
        (evasions::CASES, namespace.or(apart)),
        (evasions::RING, ring),
        (keeping::CASES, namespace.or(bpf).or(apart)),
        (delivering::CASES, namespace),
        (enduring::CASES, namespace.or(bpf)),
        (enduring::TRACED, namespace.or(strace)),
        (names::CASES, cgroup),
        (runtimes::CASES, cgroup),
        (activation::CASES, apart),
        (inner_shell::CASES, apart),
        (namespaces::CASES, namespace),
        (all_namespaces::CASES, namespace),
        (churn::CASES, namespace),
        (lifecycle::CASES, perl),
        (faults::PLAIN, root),
        (faults::CASES, strace),
        (hidden::PROC, namespace),
        (hidden::BPF, bpf),
        (hidden::RING, ring),
        (hidden::RING_BPF, ring.or(bpf)),
        (dnat::CASES, nft),
        (dnat::LEGACY, legacy),
        (ss_parity::CASES, ss),
        (kernel_uses::CASES, vxlan),
        (ends::CASES, namespace),
        (ends::BESIDE_SS, ss.or_else(ends::missing)),
        (killing::CASES, namespace),
        (acts::CASES, namespace),
        (acts::CAPABLE, capable),
        (audit::CASES, namespace.or(apart)),
        (killing::APART, apart),
        (closing::CASES, namespace),
        (closing::BESIDE_SS, ss),
    ]
}

fn trial((name, case): Case, missing: Option<&'static str>, ci: bool) -> Trial {
    let Some(missing) = missing else {
        return Trial::test(name, move || {
            case();
            Ok(())
        });
    };
    let unrun = move || Err(format!("{missing}; under CI every case must run").into());
    Trial::test(name, unrun).with_kind(missing).with_ignored_flag(!ci)
}
