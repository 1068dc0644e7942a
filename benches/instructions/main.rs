//! How many instructions the pure core takes for work that is always the same, as valgrind counts them, held against
//! counts that are kept in the repository: a change that makes it slower is seen whatever the machine does beside.
//! It must not measure time.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints what it counted")]

mod judged;
#[path = "../dashboard/made.rs"]
mod made;
mod work;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use judged::Counts;
use work::STAGES;

const USAGE: &str = "\
Usage: cargo run --release --features instructions --bin instructions -- [--renew]

Counts the instructions of the pure core and holds them against those of
benches/instructions/counts.toml; --renew writes the new ones there";

/// The counts that are kept.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions/counts.toml");
/// How often the work is done in two runs. The rest of a run is the same in both, and falls out.
const TIMES: [usize; 2] = [1, 3];

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        [] => compare(),
        ["--renew"] => renew(),
        // Hidden: what is counted.
        ["--work", stage, times] => work(stage, times),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("instructions: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn work(stage: &str, times: &str) -> anyhow::Result<bool> {
    let (_, work) = STAGES.iter().find(|(name, _)| *name == stage).context("no such work")?;
    work(times.parse()?)?;
    // What has not been worked on is not taken apart: that would be another count.
    std::process::exit(0)
}

fn compare() -> anyhow::Result<bool> {
    let kept = Counts::parse(&fs::read_to_string(KEPT).context(KEPT)?).context(KEPT)?;
    let verdict = judged::verdict(&kept, &count()?);
    print!("{}", verdict.text);
    Ok(verdict.holds)
}

fn renew() -> anyhow::Result<bool> {
    let counts = count()?;
    fs::write(KEPT, counts.text()).context(KEPT)?;
    print!("{}", counts.text());
    Ok(true)
}

/// Of every work.
fn count() -> anyhow::Result<Counts> {
    alone()?;
    let mut counts = BTreeMap::new();
    for (name, _) in STAGES {
        let [once, thrice] = TIMES.map(|times| run(name, times));
        let apart = u64::try_from(TIMES[1] - TIMES[0])?;
        counts.insert(name.to_owned(), thrice?.saturating_sub(once?) / apart);
    }
    Ok(Counts { made_by: made_by()?, counts })
}

/// On one processor, so that the work is never shared out to as many threads as a machine has.
fn alone() -> anyhow::Result<()> {
    let allowed = sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|cpu| allowed.is_set(*cpu)).context("no processor")?;
    let mut one = CpuSet::new();
    one.set(first);
    Ok(sched_setaffinity(None, &one)?)
}

/// How many instructions a process takes that does the work so often.
fn run(name: &str, times: usize) -> anyhow::Result<u64> {
    let own = std::env::current_exe()?;
    let out = std::env::temp_dir().join(format!("instructions.{}.{name}.{times}", std::process::id()));
    let mut command = Command::new("valgrind");
    // Neither what the environment holds nor how long it is changes anything.
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.args(["--quiet", "--tool=callgrind"]).arg(format!("--callgrind-out-file={}", out.display()));
    command.arg(&own).args(["--work", name, &times.to_string()]);
    let status = command.status().context("cannot start valgrind: apt-get install valgrind")?;
    let told = read(&out);
    ensure!(status.success(), "{name}: valgrind: {status}");
    judged::total(&told?).with_context(|| format!("{name}: callgrind tells no total"))
}

fn read(out: &Path) -> anyhow::Result<String> {
    let told = fs::read_to_string(out).with_context(|| out.display().to_string());
    fs::remove_file(out).with_context(|| out.display().to_string())?;
    told
}

/// What counts depend on beside the source.
fn made_by() -> anyhow::Result<String> {
    let rustc = Command::new("rustc").arg("--version").output().context("cannot start rustc")?;
    let rustc = String::from_utf8(rustc.stdout)?;
    let libc = Command::new("getconf").arg("GNU_LIBC_VERSION").output().context("cannot start getconf")?;
    let libc = String::from_utf8(libc.stdout)?;
    Ok(format!("{}, {}, {}, {}", rustc.trim(), std::env::consts::ARCH, libc.trim(), wide()))
}

/// Which of the instructions for many bytes at once there are: libraries choose by it.
fn wide() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return "with avx2";
    }
    "without avx2"
}
