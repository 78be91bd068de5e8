//! Changes of a module as text.

use qonnx_mlir::random_graph::Rng;

/// What numbers are replaced by.
const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "64",
    "65",
    "1000000",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1.0e38",
    "0x7FC00000",
];

/// Some numbers replaced.
pub fn numbers(sound: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(sound).into_owned();
    for _ in 0..=rng.below(2) {
        let starts: Vec<usize> = text
            .char_indices()
            .filter(|&(at, letter)| {
                let before = text[..at].chars().next_back();
                letter.is_ascii_digit() && before.is_none_or(|before| !before.is_ascii_digit())
            })
            .map(|(at, _)| at)
            .collect();
        let Some(&start) = starts.get(rng.below(starts.len())) else {
            break;
        };
        let rest = &text[start..];
        let length = rest.find(|letter: char| !letter.is_ascii_digit());
        let end = start + length.unwrap_or(rest.len());
        text.replace_range(start..end, NUMBERS[rng.below(NUMBERS.len())]);
    }
    text.into_bytes()
}

/// Lines removed, repeated and exchanged, and words exchanged.
pub fn lines(sound: &[u8], rng: &mut Rng) -> Vec<u8> {
    let text = String::from_utf8_lossy(sound);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=rng.below(2) {
        let (at, other) = (rng.below(lines.len()), rng.below(lines.len()));
        match rng.below(4) {
            _ if lines.len() < 2 => break,
            0 => drop(lines.remove(at)),
            1 => {
                let copy = lines[at].clone();
                lines.insert(other, copy);
            }
            2 => lines.swap(at, other),
            _ => {
                let mut words: Vec<&str> = lines[at].split(' ').collect();
                let (one, two) = (rng.below(words.len()), rng.below(words.len()));
                words.swap(one, two);
                lines[at] = words.join(" ");
            }
        }
    }
    lines.join("\n").into_bytes()
}
