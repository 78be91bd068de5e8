//! Indented text.

/// Collects lines of C or C++.
#[derive(Default)]
pub struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// A line at the current depth; an empty one has no trailing blanks.
    pub fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n("    ", self.depth));
            self.text += line;
        }
        self.text.push('\n');
    }

    /// Whole lines, as they are.
    pub fn text(&mut self, lines: &str) {
        self.text += lines;
    }

    /// A line at the margin: preprocessor directives.
    pub fn directive(&mut self, line: impl AsRef<str>) {
        self.text += line.as_ref();
        self.text.push('\n');
    }

    /// A line that opens a block.
    pub fn open(&mut self, line: impl AsRef<str>) {
        self.line(line);
        self.depth += 1;
    }

    /// The end of a block.
    pub fn close(&mut self, line: impl AsRef<str>) {
        self.depth = self.depth.saturating_sub(1);
        self.line(line);
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.text
    }
}

/// Items separated by commas, in lines of about 100 characters, each after `indent`.
pub fn wrapped(items: impl IntoIterator<Item = String>, indent: &str) -> String {
    let mut text = String::new();
    let mut line = String::from(indent);
    for item in items {
        if line.len() + item.len() > 100 && line.len() > indent.len() {
            text += line.trim_end();
            text.push('\n');
            line = String::from(indent);
        }
        line += &item;
        line += ", ";
    }
    text + line.trim_end().trim_end_matches(',')
}
