//! In which form a listing comes: from the arguments to what is written.

use anyhow::bail;

use super::args::ShapeArgs;
use crate::filter::{self, Needs};
use crate::model::field::{self, Field};
use crate::output::choice::{self, NoField, Sorting};
use crate::output::template::Template;
use crate::text;

/// The form.
#[derive(Debug)]
pub(super) enum Shape {
    /// The table of ss.
    Table,
    Json,
    Ndjson,
    Csv(Vec<&'static Field>),
    Columns(Vec<&'static Field>),
    Template(Template),
}

impl Shape {
    /// True when a field that is one of those is shown.
    pub(super) fn shows(&self, is_one: impl Fn(&Field) -> bool) -> bool {
        match self {
            Self::Table => false,
            Self::Json | Self::Ndjson => true,
            Self::Csv(fields) | Self::Columns(fields) => fields.iter().any(|field| is_one(field)),
            Self::Template(template) => template.fields().any(is_one),
        }
    }

    /// What must be known of a socket to show it so.
    pub(super) fn needs(&self) -> Needs {
        match self {
            Self::Table => Needs::default(),
            Self::Json | Self::Ndjson => {
                Needs { details: true, owners: true, facts: true, ..Needs::default() }
            }
            Self::Csv(fields) | Self::Columns(fields) => Needs::of(fields.iter().copied()),
            Self::Template(template) => Needs::of(template.fields()),
        }
    }
}

impl ShapeArgs {
    /// True when it is asked for.
    pub(super) fn is_any(&self) -> bool {
        let Self { json, ndjson, csv, columns, format, sort, group, wide } = self;
        let named = [columns, format, sort, group].into_iter().any(Option::is_some);
        *json || *ndjson || *csv || *wide || named
    }

    /// The field whose values are headings.
    pub(super) fn grouping(&self) -> anyhow::Result<Option<&'static Field>> {
        let Some(typed) = self.group.as_deref() else { return Ok(None) };
        match choice::fields(typed) {
            Ok(fields) if fields.len() == 1 => Ok(fields.first().copied()),
            Ok(_) => bail!("--group: one field is expected, such as unit"),
            Err(no) => unknown("--group", &no),
        }
    }

    /// The form, and the order of rows.
    pub(super) fn resolve(&self) -> anyhow::Result<(Shape, Sorting)> {
        let columns = self.columns.as_deref().map(choice::fields).transpose();
        let columns = columns.or_else(|no| unknown("--columns", &no))?;
        let sorting = self.sort.as_deref().map(Sorting::parse).transpose();
        let sorting = sorting.or_else(|no| unknown("--sort", &no))?.unwrap_or_default();
        let shape = match (self, columns) {
            (Self { csv: true, .. }, columns) => {
                Shape::Csv(columns.unwrap_or_else(|| field::all().filter(|field| !field.composed).collect()))
            }
            (_, Some(columns)) => Shape::Columns(columns),
            (Self { json: true, .. }, None) => Shape::Json,
            (Self { ndjson: true, .. }, None) => Shape::Ndjson,
            (Self { format: Some(format), .. }, None) => Shape::Template(template(format)?),
            _ => Shape::Table,
        };
        Ok((shape, sorting))
    }
}

fn unknown<T>(argument: &str, no: &NoField) -> anyhow::Result<Option<T>> {
    match near_field(no.name.trim_start_matches(['-', '+'])) {
        Some(near) => bail!("{argument}: {no}: did you mean `{near}`? --columns help lists them all"),
        None => bail!("{argument}: {no}; --columns help lists them all"),
    }
}

/// The field that was probably meant.
fn near_field(typed: &str) -> Option<&'static str> {
    filter::nearest(typed, field::all().map(|field| field.key))
}

fn template(format: &str) -> anyhow::Result<Template> {
    match Template::parse(format) {
        Ok(template) => Ok(template),
        Err(error) => {
            let near = format.get(error.span.clone()).and_then(near_field);
            let advice = near.map_or_else(String::new, |near| format!("\n     = did you mean `{near}`?"));
            bail!(
                "--format: the template cannot be understood\n{}{advice}",
                text::point(format, error.span, &error.wrong)
            )
        }
    }
}
