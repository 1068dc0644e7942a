//! What the surroundings say: environment variables, well-known paths, configuration files.
//!
//! Layer 6. The environment is read here, once, and nowhere else. Settings are declared in `setting`
//! alone; what arguments say is decided by the command line, which asks for the settings that count
//! for its audience. Nothing here writes a file but `state`, which keeps how the dashboard was left.

mod default_file;
mod environment;
mod file;
mod keys;
mod load;
mod setting;
pub mod state;
#[cfg(test)]
mod tests;
mod value;

pub use default_file::default_file;
pub use environment::Environment;
pub use keys::Bindings;
pub use load::{Config, ConfigError, ConfigFile, FileStatus};
pub use setting::{Audience, Counts, Origin, SETTINGS, Setting, Settings, Told};
pub use value::{Color, Columns, Owners, Place, Plain, Source, interval};
