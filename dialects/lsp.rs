//! Documentation in the hovers of MLIR's language server.
//!
//! The server shows an op's generic form and knows nothing of its documentation, and it has no hook for that. So its
//! messages pass through here on their way to the editor, and a hover over an op of ours gets the op's documentation.

use serde_json::Value;
use std::io::{self, BufRead, Read, Write};

use crate::docs;

/// Copies messages of the language server protocol until there are no more.
pub fn document_hovers(mut from: impl BufRead, mut to: impl Write) -> io::Result<()> {
    while let Some(body) = message(&mut from)? {
        let body = documented(&body).unwrap_or(body);
        write!(to, "Content-Length: {}\r\n\r\n", body.len())?;
        to.write_all(&body)?;
        to.flush()?;
    }
    Ok(())
}

/// The body of the next message; `None` at the end.
fn message(from: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    let mut line = String::new();
    loop {
        line.clear();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let header = line.trim_end();
        if let Some(value) = header.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok();
        } else if let (true, Some(length)) = (header.is_empty(), length) {
            let mut body = Vec::new();
            from.take(length).read_to_end(&mut body)?;
            return Ok(Some(body));
        }
    }
}

/// A hover over an op of ours with its documentation; `None` for every other message.
fn documented(body: &[u8]) -> Option<Vec<u8>> {
    let mut message: Value = serde_json::from_slice(body).ok()?;
    let value = message.pointer_mut("/result/contents/value")?;
    // It begins with the name of the op in quotes.
    let text = value.as_str()?;
    let (name, _) = text.strip_prefix('"')?.split_once('"')?;
    let documentation = docs::of(name)?;
    let (head, rest) = text.split_once("\n\n")?;
    *value = Value::String(format!("{head}\n\n{documentation}\n\n{rest}"));
    let pretty = body.contains(&b'\n');
    match pretty {
        true => serde_json::to_vec_pretty(&message),
        false => serde_json::to_vec(&message),
    }
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(bodies: &[&str]) -> Vec<String> {
        let stream: String = bodies
            .iter()
            .map(|body| format!("Content-Length: {}\r\n\r\n{body}", body.len()))
            .collect();
        let mut out = Vec::new();
        document_hovers(stream.as_bytes(), &mut out).expect("a vector takes everything");
        let mut rest = out.as_slice();
        std::iter::from_fn(|| message(&mut rest).expect("a slice"))
            .map(|body| String::from_utf8(body).expect("UTF-8"))
            .collect()
    }

    #[test]
    fn hovers_over_our_ops_are_documented_and_nothing_else_is_changed() {
        let hover = |op: &str| {
            let value = format!("\"{op}\"\n\nGeneric Form:\n\n...");
            serde_json::json!({"id": 1, "result": {"contents": {"kind": "markdown", "value": value}}})
                .to_string()
        };
        let (ours, upstream) = (hover("onnx.relu"), hover("arith.addi"));
        let bodies = [
            ours.as_str(),
            &upstream,
            "{\"id\" : 2, \"result\":null}",
            "no JSON",
        ];
        let found = passed(&bodies);
        assert_eq!(found[1..], bodies[1..]);
        let expected = docs::of("onnx.relu").unwrap_or_default();
        let message: Value = serde_json::from_str(&found[0]).expect("JSON");
        assert_eq!(
            message["result"]["contents"]["value"],
            format!("\"onnx.relu\"\n\n{expected}\n\nGeneric Form:\n\n...")
        );
    }

    #[test]
    fn a_stream_that_ends_within_a_message_ends() {
        let mut out = Vec::new();
        document_hovers(&b"Content-Length: 9\r\n"[..], &mut out).expect("an end");
        assert!(out.is_empty());
    }
}
