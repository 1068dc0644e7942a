//! Which machine it was. It must not measure.

use std::fs;

use anyhow::Context as _;
use serde_json::{Value, json};

/// What numbers depend on beside the program.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) version: &'static str,
    pub(crate) kernel: String,
    pub(crate) system: String,
    pub(crate) processor: String,
    pub(crate) cpus: usize,
    pub(crate) root: bool,
}

impl Machine {
    /// The one that this process runs on.
    pub(crate) fn this() -> anyhow::Result<Self> {
        let read = |path: &str| fs::read_to_string(path).with_context(|| path.to_owned());
        let of = |text: &str, key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("unknown");
            line.trim_matches(['\t', ' ', ':', '=', '"']).to_owned()
        };
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            system: read("/etc/os-release")
                .map_or_else(|_| "unknown".to_owned(), |text| of(&text, "PRETTY_NAME")),
            processor: of(&read("/proc/cpuinfo")?, "model name"),
            cpus: std::thread::available_parallelism()?.into(),
            root: rustix::process::geteuid().is_root(),
        })
    }

    /// In a sentence without its end.
    pub(crate) fn text(&self) -> String {
        let Self { version, kernel, system, processor, cpus, root } = self;
        let as_root =
            if *root { "as root" } else { "without root, so owners of others' sockets are missing" };
        // What a build adds to it says nothing to others.
        let kernel = kernel.split('-').next().unwrap_or(kernel);
        format!("sockeye {version} on {system}, Linux {kernel}, {cpus} × {processor}, {as_root}")
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "kernel": self.kernel,
            "system": self.system,
            "processor": self.processor,
            "cpus": self.cpus,
            "root": self.root,
        })
    }
}
