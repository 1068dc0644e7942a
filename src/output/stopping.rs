//! What manages who holds sockets, and what became of it when it was to be stopped: as lines for people and as
//! NDJSON. It stops nothing.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA;
use super::json::{HostView, host, words};
use crate::model::Stopping;
use crate::store::Moment;
use crate::text::{counted, push};

/// A command, and what ends with it.
#[derive(Clone, Copy, Debug)]
pub struct StopPlan<'a> {
    pub command: &'a str,
    /// Those that hold sockets.
    pub processes: usize,
    pub sockets: usize,
}

impl StopPlan<'_> {
    /// What ends with it: `2 processes that hold 3 sockets`.
    #[must_use]
    pub fn ends(&self) -> String {
        let hold = if self.processes == 1 { "holds" } else { "hold" };
        let processes = counted(self.processes, "process", "processes");
        format!("{processes} that {hold} {}", counted(self.sockets, "socket", "sockets"))
    }
}

/// Writes the command and what ends with it: what somebody says yes to.
pub fn write_stop_plan(out: &mut dyn Write, plan: &StopPlan<'_>) -> io::Result<()> {
    writeln!(out, "{}\n  ends {}", plan.command, plan.ends())
}

/// Writes what became of it as one line: `stopped  systemctl stop nginx.service`.
pub fn write_stop_line(out: &mut dyn Write, command: &str, became: &Stopping) -> io::Result<()> {
    let mut line = format!("{:<8} {command}", became.word());
    match became {
        Stopping::Stopped => {}
        Stopping::Planned => line.push_str(": would be run"),
        Stopping::Late => line.push_str(": it takes longer than anybody waits for, and may stop it still"),
        Stopping::Failed(why) => push(&mut line, format_args!(": {why}")),
    }
    writeln!(out, "{line}")
}

/// What became of a unit or a container, as a line of kill --stop --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "stopping_line", deny_unknown_fields)]
pub(super) struct StoppingView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "stopping"))]
    kind: &'static str,
    /// When the sockets were read.
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    #[schemars(schema_with = "words::stopping")]
    result: &'static str,
    /// Why it failed.
    reason: Option<&'a str>,
    /// What was run.
    command: &'a str,
    /// How many processes that hold sockets end with it.
    processes: usize,
    /// How many sockets those held.
    held_sockets: usize,
}

/// Writes what became of it as one line of JSON.
pub fn write_stop_json(
    out: &mut dyn Write,
    plan: &StopPlan<'_>,
    became: &Stopping,
    moment: &Moment,
) -> io::Result<()> {
    let view = StoppingView {
        schema: SCHEMA,
        kind: "stopping",
        at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        result: became.word(),
        reason: became.reason(),
        command: plan.command,
        processes: plan.processes,
        held_sockets: plan.sockets,
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}
