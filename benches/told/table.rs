//! Tables that are Markdown, so that they can be shown as they are. Pure, and tested by
//! `tests/it/bench_report.rs`; it must not decide what is in them.

/// A table whose columns line up. Words stand left, numbers right: those of which the head begins with a space.
pub(crate) fn markdown(heads: &[&str], rows: &[Vec<String>]) -> String {
    let numbers: Vec<_> = heads.iter().map(|head| head.starts_with(' ')).collect();
    let heads: Vec<_> = heads.iter().map(|head| head.trim_start().to_owned()).collect();
    let all = || std::iter::once(&heads).chain(rows);
    let wide = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
    let widths: Vec<_> = (0..heads.len()).map(wide).collect();
    let rule = |column: usize| match (numbers[column], widths[column]) {
        (true, width) => "-".repeat(width - 1) + ":",
        (false, width) => "-".repeat(width),
    };
    let rules: Vec<_> = (0..heads.len()).map(rule).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().enumerate().map(|(column, cell)| match (numbers[column], widths[column]) {
            (true, width) => format!("{cell:>width$}"),
            (false, width) => format!("{cell:<width$}"),
        });
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    [&heads, &rules].into_iter().chain(rows).map(line).collect()
}
