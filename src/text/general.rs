//! Numbers with few digits that count, as `%g` of printf(3) writes them.

use super::push_number;

/// Appends a number with that many significant digits, without zeros at the end: `%.6g` is six.
pub fn push_general(line: &mut String, number: f64, digits: u8) {
    let scientific = format!("{number:.*e}", usize::from(digits.max(1) - 1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..i32::from(digits)).contains(&exponent) {
        let places = usize::try_from(i32::from(digits) - 1 - exponent).unwrap_or(0);
        line.push_str(short(&format!("{number:.places$}")));
        return;
    }
    line.push_str(short(mantissa));
    line.push_str(if exponent < 0 { "e-" } else { "e+" });
    if exponent.abs() < 10 {
        line.push('0');
    }
    push_number(line, exponent.abs());
}

/// Appends a thousandth of a number, such as microseconds as milliseconds: as `%g` does.
pub fn push_thousandth(line: &mut String, number: u64) {
    if number >= 1_000_000 {
        #[expect(clippy::cast_precision_loss, reason = "six digits are shown")]
        return push_general(line, number as f64 / 1000.0, 6);
    }
    // All its digits are shown.
    push_number(line, number / 1000);
    let (mut rest, mut place) = (number % 1000, 100);
    if rest > 0 {
        line.push('.');
    }
    while rest > 0 {
        push_number(line, rest / place);
        rest %= place;
        place = (place / 10).max(1);
    }
}

fn short(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_printf_does_it() {
        for (number, digits, text) in [
            (0.0, 6, "0"),
            (1.5, 6, "1.5"),
            (204.0, 6, "204"),
            (123_456.7, 6, "123457"),
            (1_234_567.0, 6, "1.23457e+06"),
            (0.000_012, 6, "1.2e-05"),
            (2.886_72, 6, "2.88672"),
            (999.99, 3, "1e+03"),
            (31.4026, 3, "31.4"),
            (9.992, 3, "9.99"),
        ] {
            let mut line = String::new();
            push_general(&mut line, number, digits);
            assert_eq!(line, text);
        }
    }

    #[test]
    fn thousandths_have_the_digits_that_printf_gives_them() {
        for (number, text) in [
            (0, "0"),
            (4, "0.004"),
            (33, "0.033"),
            (40_000, "40"),
            (204_010, "204.01"),
            (999_999, "999.999"),
            (1_000_000, "1000"),
            (1_234_567, "1234.57"),
            (2_000_000_000, "2e+06"),
        ] {
            let mut line = String::new();
            push_thousandth(&mut line, number);
            assert_eq!(line, text);
        }
    }
}
