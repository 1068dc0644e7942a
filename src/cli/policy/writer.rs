//! Who writes the policy for the dashboard: a thread of its own, with no more rights than the user has.

use std::io;
use std::sync::mpsc::channel;
use std::thread;

use super::{read_file, write};
use crate::config::Environment;
use crate::sys::file::FileError;
use crate::sys::rights;
use crate::tui::{Amendment, Refusal, TellWritten, WritePolicy, Written};

/// Starts it. It ends when this is dropped, after what it is at; nobody waits for it.
pub(in crate::cli) fn writer(environment: &Environment) -> io::Result<WritePolicy> {
    let environment = environment.clone();
    let (amendments, queue) = channel::<(Amendment, TellWritten)>();
    thread::Builder::new().name("policy".to_owned()).spawn(move || {
        for (amendment, tell) in queue {
            let done = written(&amendment, &environment);
            tell(Written { amendment, done });
        }
    })?;
    // Who does not take it any more has panicked, which ends the dashboard.
    Ok(Box::new(move |amendment, tell| drop(amendments.send((amendment, tell)))))
}

fn written(amendment: &Amendment, environment: &Environment) -> Result<(), Refusal> {
    let Amendment { path, before, text, .. } = amendment;
    let written = rights::with_those_of_the_caller(|| write(path, before.as_deref(), text, environment));
    match written.unwrap_or_else(|error| Err(io::Error::from(error).into())) {
        Ok(()) => Ok(()),
        Err(FileError::Changed) => {
            Err(Refusal::Changed(read_file(path, environment).map_err(|error| error.to_string())))
        }
        Err(error) if error.is_denied() => Err(Refusal::Denied(error.to_string())),
        Err(error) => Err(Refusal::Failed(error.to_string())),
    }
}
