//! The part of a document that a bench renews, between two comments that nobody sees. Pure, and tested by
//! `tests/it/bench_report.rs`; it must not read or write files.

/// The document with another text between `<!-- NAME -->` and `<!-- /NAME -->`.
pub(crate) fn renewed(document: &str, name: &str, text: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let missing = |mark: &str| format!("there is no line {} to renew what is between", mark.trim());
    let (before, rest) = document.split_once(&begin).ok_or_else(|| missing(&begin))?;
    let (_, after) = rest.split_once(&end).ok_or_else(|| missing(&end))?;
    Ok(format!("{before}{begin}{}\n{end}{after}", text.trim_end()))
}
