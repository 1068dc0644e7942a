//! `cargo bench --bench filter`: what it takes to understand a filter. It must not judge: numbers of another
//! machine, or of a busy one, are no failure.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures, and prints what it measured"
)]

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context;
use sockeye::filter::{Filter, Vocabulary};
use sockeye::model::PortRange;

const FILTERS: [&str; 4] = [
    "dport = 443",
    "state connected and dport in {80,443,8000-8100} and not dst 127.0.0.0/8",
    "proc = nginx and (user in {root,www-data} or unit ~ docker-*) and rtt > 50ms and age < 5m",
    "( sport = :ssh or sport = :http ) and exclude time-wait src [2001:db8::]/32 and /^web[0-9]+$/",
];
const TIMES: u32 = 10_000;

fn main() -> anyhow::Result<()> {
    let services = |name: &str| if name == "ssh" { vec![22] } else { vec![80] };
    let vocabulary = Vocabulary { services: &services, ephemeral: &PortRange::default };
    for text in FILTERS {
        let start = Instant::now();
        for _ in 0..TIMES {
            let understood = Filter::parse(black_box(text), &vocabulary);
            black_box(understood.ok().with_context(|| format!("not understood: {text}"))?);
        }
        println!("{:>8.2} µs  {text}", start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES));
    }
    Ok(())
}
