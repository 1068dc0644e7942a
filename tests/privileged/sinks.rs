//! Where alerts go, on a disk that is full.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use sockeye::notify::health::Board;
use sockeye::notify::{self, Failure, Notice, Sink};
use sockeye::policy::Severity;

use crate::harness::run;

/// Unmounts at the end, whatever happens.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

fn notice(seq: u64) -> Arc<Notice> {
    Arc::new(Notice {
        seq,
        severity: Severity::High,
        at: "2026-11-30T10:00:00Z".parse().unwrap(),
        line: "an alert".to_owned(),
        json: format!("{{\"id\":\"{seq}\",\"message\":\"{}\"}}", "x".repeat(300)),
    })
}

fn deliver(sink: &mut dyn Sink, seq: u64) -> Result<(), Failure> {
    sink.deliver(&[notice(seq)]).map_err(|lost| lost.failure)
}

pub(crate) fn full_disk() {
    let dir = tempfile::tempdir().unwrap();
    let mount =
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k,mode=700", "none"]).arg(dir.path()));
    assert_eq!(mount.code(), 0, "{}", mount.stderr());
    let disk = Mounted(dir.path().to_owned());
    let path = disk.0.join("alerts");
    let text = format!("version = 1\n[[sink]]\nkind = \"file\"\npath = \"{}\"\n", path.display());
    let mut sink = notify::parse(&text).unwrap().swap_remove(0).open(&Board::default()).unwrap();
    fs::write(disk.0.join("fill"), vec![0; 32 * 1024]).unwrap();
    let full = (0..1000).find(|seq| deliver(sink.as_mut(), *seq).is_err()).unwrap();
    let failure = deliver(sink.as_mut(), full).unwrap_err();
    assert!(matches!(&failure, Failure::Again { why, .. } if why.contains("No space left")), "{failure:?}");
    let told = fs::read_to_string(&path).unwrap();
    assert!(!told.ends_with('\n'), "a page was left for a part of it");
    fs::remove_file(disk.0.join("fill")).unwrap();
    for seq in full..full + 3 {
        deliver(sink.as_mut(), seq).unwrap();
    }
    let told = fs::read_to_string(&path).unwrap();
    let whole: Vec<u64> = told
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .map(|line| line["id"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(whole, (0..full + 3).collect::<Vec<_>>());
    assert_eq!(told.lines().count(), whole.len() + 1, "one is cut, and stands alone");
}
