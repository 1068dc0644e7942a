//! The command that changes the policy for a listener: to type, and no more than that.

/// The command that approves or rejects, as `verb` says, what `target` names: a place, or the id of an alert. `policy`
/// is the file as it is shown, `reading` the arguments that find the same listeners.
#[must_use]
pub fn change(verb: &str, target: &str, policy: &str, reading: &str) -> String {
    let gap = if reading.is_empty() { "" } else { " " };
    format!("sockeye policy {verb} '{target}' --policy {}{gap}{reading}", argument(policy).unwrap_or("FILE"))
}

/// What means itself to every shell and cannot be taken for an option, as it is. Others choose names, and people paste
/// commands into shells.
#[must_use]
pub fn argument(text: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._@:+-".contains(&byte);
    (!text.is_empty() && !text.starts_with('-') && text.bytes().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_itself_to_a_shell_becomes_a_part_of_it() {
        assert_eq!(
            change("approve", "[::]:80", "/etc/sockeye/policy.toml", "--all-netns"),
            "sockeye policy approve '[::]:80' --policy /etc/sockeye/policy.toml --all-netns"
        );
        for path in
            ["/tmp/$(reboot)", "/tmp/a b", "-x", "/tmp/a'b", "/tmp/a;b", "/tmp/\\xff", "/tmp/~", "", "/ä"]
        {
            assert_eq!(
                change("reject", "1.2.3.4:5", path, ""),
                "sockeye policy reject '1.2.3.4:5' --policy FILE"
            );
        }
    }
}
